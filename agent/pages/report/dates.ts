import { type Shown, shown } from '@spendwise/sandbox/shown';

/** In the language of the page. Parts that `form` leaves out are left out. */
export const dated = (
  date: Temporal.PlainDate | Temporal.ZonedDateTime,
  form: Intl.DateTimeFormatOptions,
): Shown => shown(date.toLocaleString('en-GB', form));

/** "Sunday 29 November 2026" */
export const longDate = (date: string): Shown =>
  dated(Temporal.PlainDate.from(date), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** "Friday" in the week before or after a day, else "24 November". */
export function dayName(date: string, asOf: string): Shown {
  const day = Temporal.PlainDate.from(date);
  const near = Math.abs(day.since(asOf, { largestUnit: 'days' }).days) < 7;
  return dated(day, near ? { weekday: 'long' } : { day: 'numeric', month: 'long' });
}

/** "November", unless `form` is another; of YYYY-MM or YYYY-MM-DD. */
export const monthName = (
  date: string,
  form: Pick<Intl.DateTimeFormatOptions, 'month' | 'year'> = {},
): Shown => dated(Temporal.PlainDate.from(`${date.slice(0, 7)}-01`), { month: 'long', ...form });

/** "27 Nov, 09:00", of an instant in UTC. */
export const localTime = (instant: string, timeZone: string): Shown =>
  dated(Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone), {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
