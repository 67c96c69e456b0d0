import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Minutes after midnight, half-open; may span midnight. `zone`: where the recipients are, if the operator says so. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
  readonly zone: string | undefined;
}

const MINUTE_MS = 60_000;
const STEP_MS = 15 * MINUTE_MS;

/** Parses `22:00-07:00` or `22:00-07:00 Europe/Zurich`. Undefined if invalid. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const [, from = '', to = '', zone] =
    /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)(?: +([A-Za-z0-9_+/-]+))?$/.exec(text) ?? [];
  if (from === to || (zone !== undefined && !isZone(zone))) return undefined;
  return { from: minutes(from), to: minutes(to), zone };
}

const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The reason why it is quiet hours now, or undefined. A number shows its country at best. With several zones, it is
 * quiet if it is quiet in any of them. If the country is unknown, `zone` is needed.
 */
export function quietProblem(quiet: QuietHours, recipient: string, now: Date): string | undefined {
  const zones = quiet.zone === undefined ? zonesOf(recipient) : [quiet.zone];
  if (zones.length === 0) {
    return 'quiet hours are set, but the time zone of this recipient is not known: name a zone in SMS_QUIET_HOURS';
  }
  const isQuiet = (at: number) => zones.some((zone) => within(quiet, minuteOfDay(at, zone)));
  if (!isQuiet(now.getTime())) return undefined;
  let at = Math.ceil(now.getTime() / STEP_MS) * STEP_MS;
  const end = at + 25 * 60 * MINUTE_MS;
  while (isQuiet(at) && at < end) at += STEP_MS;
  if (at >= end) {
    return 'it is always quiet hours in some time zone of this recipient: name one in SMS_QUIET_HOURS';
  }
  // Now find the exact minute in which the quiet hours end.
  while (at > now.getTime() && !isQuiet(at - MINUTE_MS)) at -= MINUTE_MS;
  const [zone = 'UTC'] = zones;
  const there = zones.length === 1 ? `, ${clock(at, zone)} there` : '';
  return `quiet hours at the recipient: sending is allowed from ${new Date(at).toISOString().slice(0, 16)}Z${there}`;
}

const within = ({ from, to }: QuietHours, minute: number) =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(at: number, zone: string): string {
  let format = clocks.get(zone);
  if (format === undefined) {
    const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const;
    format = new Intl.DateTimeFormat('en-GB', options);
    clocks.set(zone, format);
  }
  return format.format(at);
}

const minuteOfDay = (at: number, zone: string): number => minutes(clock(at, zone));

const known = new Map<string, readonly string[]>();

/** All time zones of the countries that a number may belong to, from the ICU data in Node. */
export function zonesOf(recipient: string): readonly string[] {
  let zones = known.get(recipient);
  if (zones === undefined) {
    const countries = parsePhoneNumberFromString(recipient)?.getPossibleCountries() ?? [];
    zones = [...new Set(countries.flatMap(zonesOfCountry))];
    // At most one entry for each allowed recipient.
    known.set(recipient, zones);
  }
  return zones;
}

function zonesOfCountry(country: string): readonly string[] {
  // Node 22 has a property instead of the method.
  const locale: { getTimeZones?(): string[] | undefined; timeZones?: string[] } = new Intl.Locale(
    `und-${country}`,
  );
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}
