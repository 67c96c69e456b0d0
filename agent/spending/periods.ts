export type PeriodKind = 'week' | 'month' | 'year';

/** Half-open: `start` is in it, `end` is not. ISO 8601 calendar dates. */
export interface Period {
  readonly kind: PeriodKind;
  readonly start: string;
  readonly end: string;
}

/** The period that `date` falls in. Weeks start on Monday. */
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

/** A calendar date from `YYYY-MM-DD`, or undefined. 2026-02-30 is not one. */
export function parseDate(text: string): Temporal.PlainDate | undefined {
  // Not the ends of the four digits: the day before or after must be a date as well, and sort as one.
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || /^(000\d|9999)/.test(text)) return undefined;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    return undefined;
  }
}

/** Today in a time zone (IANA name): the one notion of "today" there is. */
export const today = (timeZone: string): Temporal.PlainDate => Temporal.Now.plainDateISO(timeZone);
