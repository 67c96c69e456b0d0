import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';

/** Without the tester's own crontab and timers. */
const alone = (env: Record<string, string>, ...args: string[]) =>
  spendwiseHere(args, { env: { HOME: temporaryFolder(), PATH: '/nonexistent', ...env } });

test('for a new user it names the first command, and makes nothing', async () => {
  const database = join(temporaryFolder(), 'none.db');
  const ran = await alone({ SPENDWISE_DB: database });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toBe(
    `database  not there yet: ${database}
texts     not set up
model     not set up (for \`spendwise agent\`)
alerts    not in your crontab or systemd timers
next      spendwise init
`,
  );
});

test('goes on to the import', async () => {
  const env = { SPENDWISE_DB: join(temporaryFolder(), 'mine.db') };
  await spendwiseHere(['init', '--currency', 'CHF'], { env });
  const { stdout } = await alone(env);
  expect(stdout).toContain('data      no transactions yet\n');
  expect(stdout).toMatch(/next {6}spendwise import FILE\n$/);
});

test('shows what runs hot, and whether alerts are scheduled', async () => {
  const { env, database } = await household();
  const { stdout } = await alone(env, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    database: { state: 'ready', path: database, budgets: 4, hot: 2, imported: null },
    texts: { ok: true, detail: 'ready, to a stand-in' },
    model: { ok: true },
    scheduled: null,
    next: expect.stringContaining('alert by cron'),
  });
  const home = temporaryFolder();
  const wants = join(home, '.config/systemd/user/timers.target.wants');
  mkdirSync(wants, { recursive: true });
  writeFileSync(join(wants, 'spendwise-alert.timer'), '');
  expect((await alone({ ...env, HOME: home })).stdout).toContain('alerts    scheduled by systemd\n');
});

test("finds the guide's line in the crontab, unless it is a comment", async () => {
  const { env } = await household();
  const bin = temporaryFolder();
  const crontab = async (line: string) => {
    writeFileSync(join(bin, 'crontab'), `#!/bin/sh\necho '${line}'\n`, { mode: 0o755 });
    return (await alone({ ...env, PATH: `${bin}:/bin:/usr/bin` }, '--json')).stdout;
  };
  const line = '*/15 * * * * cd /x && node_modules/node/bin/node agent/spendwise.js alert --quiet';
  expect(await crontab(line)).toContain('"scheduled":"crontab"');
  expect(await crontab(`# ${line}`)).toContain('"scheduled":null');
});

test('a database that cannot be used is named, and so is what to do', async () => {
  const path = join(temporaryFolder(), 'x.db');
  writeFileSync(path, 'SQLite format 3\0'.padEnd(4096, 'x'));
  const ran = await alone({ SPENDWISE_DB: path });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/database {2}.*damaged/);
  expect(ran.stdout).toMatch(/next {6}restore it from a copy/);
});

test('--json before a command is a wrong use, as it would do nothing there', async () => {
  expect(await alone({}, '--json', 'status')).toMatchObject({ code: 2, stdout: '' });
});
