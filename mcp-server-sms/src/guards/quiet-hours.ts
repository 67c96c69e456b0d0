import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Minutes after midnight, half-open; may span midnight. `zone`: the operator's word on where the recipients are. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
  readonly zone: string | undefined;
}

const MINUTE_MS = 60_000;
const STEP_MS = 15 * MINUTE_MS;

/** `22:00-07:00`, or `22:00-07:00 Europe/Zurich`; undefined when it is neither. */
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
 * Why a text would disturb now, or undefined. A number tells its country at best: where that has several zones, it
 * is quiet as soon as it is quiet in one of them; where the country is unknown, only `zone` helps.
 */
export function quietProblem(quiet: QuietHours, recipient: string, now: Date): string | undefined {
  const zones = quiet.zone === undefined ? zonesOf(recipient) : [quiet.zone];
  if (zones.length === 0) {
    return 'quiet hours are set and nobody knows the time at this recipient: name a zone in SMS_QUIET_HOURS';
  }
  const isQuiet = (at: number) => zones.some((zone) => within(quiet, minuteOfDay(at, zone)));
  if (!isQuiet(now.getTime())) return undefined;
  let at = Math.ceil(now.getTime() / STEP_MS) * STEP_MS;
  const end = at + 25 * 60 * MINUTE_MS;
  while (isQuiet(at) && at < end) at += STEP_MS;
  if (at >= end) {
    return 'it is quiet hours in some zone of this recipient at any time: name one in SMS_QUIET_HOURS';
  }
  // The quarter of an hour in which the quiet ends, then its minute.
  while (at > now.getTime() && !isQuiet(at - MINUTE_MS)) at -= MINUTE_MS;
  const [zone = 'UTC'] = zones;
  const there = zones.length === 1 ? `, ${clock(at, zone)} there` : '';
  return `quiet hours at the recipient: it may be sent from ${new Date(at).toISOString().slice(0, 16)}Z${there}`;
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

/** Every time zone of the countries that a number may belong to. Source: ICU's data, which Node carries. */
export function zonesOf(recipient: string): readonly string[] {
  let zones = known.get(recipient);
  if (zones === undefined) {
    const countries = parsePhoneNumberFromString(recipient)?.getPossibleCountries() ?? [];
    zones = [...new Set(countries.flatMap(zonesOfCountry))];
    // As many as there are allowed recipients, at most.
    known.set(recipient, zones);
  }
  return zones;
}

function zonesOfCountry(country: string): readonly string[] {
  // Node 22 has the same under its earlier name, a property.
  const locale: { getTimeZones?(): string[] | undefined; timeZones?: string[] } = new Intl.Locale(
    `und-${country}`,
  );
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}
