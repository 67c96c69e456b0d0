import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { docker, dockerAvailable, ourContainers } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { household } from '../../support/household.ts';
import { isAlive } from '../../support/processes.ts';
import { REPO } from '../../support/run.ts';
import { INITIALIZE } from '../../support/sms-http.ts';

/** The engine is everybody's: only CI, which started it for itself, lets it be restarted. */
const mayRestart = dockerAvailable && process.env.SPENDWISE_TEST_RESTART_DOCKER === '1';
if (dockerAvailable && !mayRestart)
  process.stderr.write('SKIPPED: the engine is not ours to restart: its test\n');

const enginePid = () => Number(readFileSync('/var/run/docker.pid', 'utf8'));
const answers = () => {
  try {
    return docker('version', '--format', '{{.Server.Version}}') !== '';
  } catch {
    return false;
  }
};
test.skipIf(!mayRestart)(
  'when the engine is restarted, the run ends with an error, and nothing is left',
  async () => {
    const { env } = await household();
    const TMPDIR = temporaryFolder();
    const args = [
      `${REPO}agent/spendwise.js`,
      'sandbox',
      'run',
      `${REPO}mcp-server-sms/sandbox.json`,
      '--yes',
    ];
    const host = spawn(process.execPath, [...args, '--runtime', 'docker'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, TMPDIR },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    host.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const exited = once(host, 'exit');
    // It answers: its start is over, of which an engine that goes away would be another error.
    host.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    await once(host.stdout, 'data');
    expect(ourContainers()).toHaveLength(2);

    const pid = enginePid();
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    process.kill(pid, 'SIGTERM');
    await expect.poll(() => isAlive(pid), { timeout: 120_000 }).toBe(false);
    const log = openSync('/dev/null', 'w');
    spawn(command[0] ?? 'dockerd', command.slice(1), { stdio: ['ignore', log, log], detached: true }).unref();
    await expect.poll(answers, { timeout: 120_000 }).toBe(true);

    expect(await exited).toEqual([1, null]);
    expect(said).toMatch(/ended by itself/);
    await expect.poll(ourContainers).toEqual([]);
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith('spendwise-run-'))).toEqual([]);
  },
  400_000,
);
