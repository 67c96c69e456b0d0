import { expect, test } from 'vitest';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { dockerAvailable } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { TODAY } from '../../support/in-full.ts';
import { difference } from './compare.ts';
import type { Listed } from './list-tools.ts';
import { written } from './page.ts';
import { REASONS, SERVERS } from './servers.ts';
import { findings, isSame } from './table.ts';
import { RUNTIMES, type Sandboxed, type Trial, tryServer } from './trial.ts';

const rows = written()
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split(' | '));

test('the page has a row for each server of the list, at its version, and at least 20', () => {
  expect(rows.map(([first]) => first?.replace('| ', ''))).toEqual(
    SERVERS.map(({ packageName, packageVersion }) => `${packageName} ${packageVersion}`),
  );
  expect(rows.length).toBeGreaterThanOrEqual(20);
});

test('its totals match its rows, and it says why a server differs', () => {
  const [total = '', plainly = '', docker = '', bubblewrap = ''] = written().match(/\d+/g) ?? [];
  const same = (column: number) => String(rows.filter((row) => row[column] === 'the same').length);
  expect([total, plainly]).toEqual([
    String(rows.length),
    String(rows.filter((row) => /^\d+ tools?$/.test(row[2] ?? '')).length),
  ]);
  expect([docker, bubblewrap]).toEqual([same(3), same(4)]);
  const differing = rows.filter((row) => row[3] !== 'the same' || row[4] !== 'the same');
  for (const [first = ''] of differing) {
    const name = first.replace('| ', '').split(' ')[0] ?? '';
    expect(written()).toContain(`* \`${name}\`: ${REASONS[name]}`);
  }
});

const list = (...tools: object[]): Listed => ({ ok: true, tools, tookMs: 0 });
const tool = { name: 'a', description: 'does', inputSchema: { type: 'object' } };

test.each([
  ['the same, in another order of fields', [{ ...tool }], undefined],
  ['another description', [{ ...tool, description: 'does more' }], 'a: description'],
  ['another schema', [{ ...tool, inputSchema: { type: 'object', required: ['b'] } }], 'a: inputSchema'],
  ['a field more', [{ ...tool, annotations: {} }], 'a: annotations'],
  ['another name', [{ ...tool, name: 'b' }], 'missing: a; added: b'],
] as const)('a list is told from one with %s', (_what, other, expected) => {
  expect(difference(list(tool), list(...other))).toBe(expected);
});

test('does not count a server that starts nowhere as the same', () => {
  const gone: Listed = { ok: false, why: 'it ended' };
  const trial: Trial = {
    server: { packageName: 'x', packageVersion: '1.0.0' },
    sdk: 'bundled',
    plain: gone,
    sandboxed: { docker: { listed: gone, difference: undefined, denied: [] } },
  };
  expect(isSame(trial, 'docker')).toBe(false);
  expect(findings([trial], ['docker'], {})).toMatch(/process, 0 list.*Docker 0\.[\s\S]*not examined yet/);
});

/** One a day, of those that are fetched quickly; `npm run real-servers` tries all. */
test.skipIf(!dockerAvailable && !bubblewrapAvailable)(
  'one of the official servers lists the same tools plainly and in each sandbox',
  { timeout: 400_000 },
  async () => {
    const official = SERVERS.filter(({ packageName }) => packageName.startsWith('@modelcontextprotocol/'));
    const server = official[TODAY % official.length] as (typeof official)[number];
    const there: Record<Sandboxed, boolean> = { docker: dockerAvailable, bubblewrap: bubblewrapAvailable };
    const runtimes = RUNTIMES.filter((runtime) => there[runtime]);
    const trial = await tryServer(server, runtimes, temporaryFolder());
    for (const runtime of runtimes) expect(isSame(trial, runtime), JSON.stringify(trial)).toBe(true);
  },
);
