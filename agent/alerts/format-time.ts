/** `2026-11-20 09:30Z`: UTC, the same for every reader. */
export const inUtc = (moment: Date): string => `${moment.toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** `2026-11-20 10:30`: local time in a zone. */
export const inZone = (moment: Date, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime())
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
    .replace('T', ' ');
