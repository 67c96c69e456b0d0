/** A moment to the minute, as people write it: `2026-11-20 09:30Z`, the same wherever it is read. */
export const inUtc = (moment: Date): string => `${moment.toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** The same on the clocks of a time zone: `2026-11-20 10:30`. */
export const inZone = (moment: Date, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime())
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
    .replace('T', ' ');
