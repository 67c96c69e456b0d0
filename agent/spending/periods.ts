export const PERIOD_KINDS = ['week', 'month', 'year'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

/** Half-open: includes `start`, not `end`. ISO 8601 calendar dates. */
export interface Period {
  readonly kind: PeriodKind;
  readonly start: string;
  readonly end: string;
}

/** The period of a date. Weeks start on Monday. */
export function periodOf(kind: PeriodKind, date: Temporal.PlainDate): Period {
  const start =
    kind === 'week'
      ? date.subtract({ days: date.dayOfWeek - 1 })
      : kind === 'month'
        ? date.with({ day: 1 })
        : date.with({ month: 1, day: 1 });
  const end = start.add(kind === 'week' ? { weeks: 1 } : kind === 'month' ? { months: 1 } : { years: 1 });
  return { kind, start: start.toString(), end: end.toString() };
}

/** Parses `YYYY-MM-DD`. Undefined if it is no date, such as 2026-02-30. */
export function parseDate(text: string): Temporal.PlainDate | undefined {
  // Years 0000 to 0009 and 9999 are excluded: neighbouring dates must be valid and sort as text.
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || /^(000\d|9999)/.test(text)) return undefined;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    return undefined;
  }
}

/** Today in a time zone (IANA name). */
export const today = (timeZone: string, now = Temporal.Now.instant()): Temporal.PlainDate =>
  now.toZonedDateTimeISO(timeZone).toPlainDate();

/** A time zone by its IANA name, as it is written properly. Undefined if there is none. */
export function timeZoneNamed(name: string): string | undefined {
  try {
    return Temporal.Now.zonedDateTimeISO(name).timeZoneId;
  } catch {
    return undefined;
  }
}
