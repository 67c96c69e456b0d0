import { expect, test } from 'vitest';
import { parseQuietHours, quietProblem, zonesOf } from '../../../mcp-server-sms/src/guards/quiet-hours.ts';

const night = '22:00-07:00';
const CH = '+41791234567';
const US = '+12025550143';

test.each<[string, string, string, RegExp | undefined]>([
  [night, CH, '2026-11-23T20:59:00Z', undefined],
  [night, CH, '2026-11-23T21:00:00Z', /from 2026-11-24T06:00Z, 07:00 there/],
  [night, CH, '2026-11-24T05:59:30Z', /from 2026-11-24T06:00Z/],
  [night, CH, '2026-11-24T06:00:00Z', undefined],
  // Summer time ends in the night of 25 October 2026.
  [night, CH, '2026-10-24T21:00:00Z', /from 2026-10-25T06:00Z, 07:00 there/],
  ['12:00-13:00', CH, '2026-11-23T11:30:00Z', /from 2026-11-23T12:00Z/],
  ['12:00-13:10', CH, '2026-11-23T11:30:00Z', /from 2026-11-23T12:10Z/],
  ['12:00-13:00', CH, '2026-11-23T12:00:00Z', undefined],
  // New York sleeps until 12:00 UTC, Honolulu until 17:00: quiet in one zone is quiet.
  [night, US, '2026-11-23T15:00:00Z', /from 2026-11-23T17:00Z$/],
  [night, US, '2026-11-23T02:30:00Z', undefined],
  [night, US, '2026-11-23T03:00:00Z', /quiet hours/],
  [`${night} America/New_York`, US, '2026-11-23T15:00:00Z', undefined],
  ['23:00-06:30', '+9779812345678', '2026-11-23T00:30:00Z', /from 2026-11-23T00:45Z, 06:30 there/],
  // A satellite phone may be anywhere.
  [night, '+881612345678', '2026-11-23T12:00:00Z', /name a zone/],
  [`${night} UTC`, '+881612345678', '2026-11-23T12:00:00Z', undefined],
])('%s for %s at %s', (quiet, recipient, now, expected) => {
  const hours = parseQuietHours(quiet);
  if (hours === undefined) throw new Error('not parsed');
  const problem = quietProblem(hours, recipient, new Date(now));
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});

test('zones come with the country, all of them where it is not one', () => {
  expect(zonesOf(CH)).toEqual(['Europe/Zurich']);
  expect(zonesOf(US)).toEqual(expect.arrayContaining(['America/New_York', 'Pacific/Honolulu']));
  expect(zonesOf('+15558675310').length).toBeGreaterThan(zonesOf(US).length);
});

test.each([
  '',
  '22:00',
  '24:00-07:00',
  '22:00-7:00',
  '22:00–07:00',
  '10:00-10:00',
  '22:00-07:00 Mars/Base',
  'x',
])('%j is no quiet hours', (text) => {
  expect(parseQuietHours(text)).toBeUndefined();
});
