import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { spendwise } from '../../../support/run.ts';
import { CTRL_C, onTerminal, SPENDWISE, testOnTerminal } from '../../../support/terminal.ts';

/** A machine whose Docker takes its time, and is not there in the end. */
function slowMachine() {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  const docker = join(folder, 'bin', 'docker');
  writeFileSync(docker, '#!/bin/sh\n[ "$1" = ps ] || sleep 1.6\necho "no engine" >&2\nexit 1\n');
  chmodSync(docker, 0o755);
  const manifest = {
    ...{ name: 'notes', registry: 'npm', packageName: 'notes', permissions: [], runtimePermissions: [] },
    ...{ codeMount: '.', execCommand: ['node', 'server.mjs'] },
  };
  writeFileSync(join(folder, 'notes.json'), JSON.stringify(manifest));
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    SPENDWISE_STATE_DIR: join(folder, 'state'),
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  };
  return { folder, env };
}

const DRAWN = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] looking for Docker, \d s/;

testOnTerminal('what takes long is drawn, stays on its line, and leaves nothing behind', async () => {
  const { folder, env } = slowMachine();
  const doctor = onTerminal(`exec ${SPENDWISE} doctor`, env, folder, 50);
  await doctor.exitCode;
  expect(doctor.raw()).toMatch(DRAWN);
  expect(doctor.shown()).not.toMatch(/looking for/);
  expect(doctor.shown()).toMatch(/^✓ Node: /);
  // It never hides the cursor, so there is nothing to give back.
  expect(doctor.raw()).not.toContain('\x1b[?25l');
});

testOnTerminal('Ctrl-C ends it, and the line is gone', async () => {
  const { folder, env } = slowMachine();
  const run = onTerminal(`${SPENDWISE} sandbox verify --runtime docker; echo "<$?>"`, env, folder, 50);
  await run.until(/preparing the sandbox, 1 s/);
  run.type(CTRL_C);
  run.type(CTRL_C);
  await run.exitCode;
  expect(run.shown()).not.toMatch(/preparing/);
});

testOnTerminal('where nothing may be animated it is one line, once, which no cursor moves over', async () => {
  const ways: [string, Record<string, string>][] = [
    ['--plain', {}],
    ['', { NO_COLOR: '1' }],
    ['', { TERM: 'dumb' }],
  ];
  await Promise.all(
    ways.map(async ([option, more]) => {
      const { folder, env } = slowMachine();
      const doctor = onTerminal(`exec ${SPENDWISE} doctor ${option}`, { ...env, ...more }, folder, 50);
      await doctor.exitCode;
      const raw = doctor.raw().replaceAll('\r\n', '\n');
      expect(raw.match(/^looking for Docker$/gm), JSON.stringify([option, more])).toHaveLength(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
      expect(raw).not.toMatch(/[\r\x1b]/);
    }),
  );
});

testOnTerminal(
  'the wait for Twilio is shown; but `alert --quiet` is silent, or cron would send a mail',
  async () => {
    const { env, twilio, folder } = await household();
    const args = ['alert', '--runtime', 'process', '--yes'];
    twilio.faults.next({ kind: 'late', ms: 1_700 });
    const alert = onTerminal(`exec ${SPENDWISE} ${args.join(' ')}`, env, folder, 50);
    expect(await alert.exitCode).toBe(0);
    expect(alert.raw()).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] waiting for Twilio, 1 s/);
    expect(alert.shown()).not.toMatch(/waiting/);

    const another = await household();
    another.twilio.faults.next({ kind: 'late', ms: 1_700 });
    const quiet = await spendwise([...args, '--quiet'], { env: another.env, cwd: another.folder });
    expect(quiet).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sent /) });
    expect(quiet.stderr).not.toMatch(/waiting|starting|preparing/);
  },
);

test('a client of `sandbox run` gets it as a line on stderr, or as JSON, and nothing on stdout', async () => {
  const { folder, env } = slowMachine();
  const run = (...flags: string[]) =>
    spendwise(['sandbox', 'run', 'notes.json', '--yes', '--runtime', 'docker', ...flags], {
      env,
      cwd: folder,
    });
  const [text, json] = await Promise.all([run(), run('--json-log')]);
  expect(text).toMatchObject({ code: 4, stdout: '' });
  expect(text.stderr).toMatch(/^preparing the sandbox\nerror: /);
  expect(json).toMatchObject({ code: 4, stdout: '' });
  const [first, ...rest] = json.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ level: 'info', message: 'preparing the sandbox' });
  expect(rest).toMatchObject([{ level: 'error' }]);
});
