import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../../../support/folder.ts';
import { rpc } from '../../../../support/packed.ts';
import { isAlive } from '../../../../support/processes.ts';
import { registry } from '../../../../support/registry.ts';
import { type RunOptions, spendwise } from '../../../../support/run.ts';
import { INITIALIZE } from '../../../../support/sms-http.ts';

/** Speaks MCP, and has one tool. */
const SERVER = `#!/usr/bin/env node
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const result = method === 'initialize'
    ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
    : { tools: [{ name: 'look', inputSchema: { type: 'object' } }] };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;
const LIST = rpc(INITIALIZE, { method: 'notifications/initialized' }, { id: 2, method: 'tools/list' });

async function until(holds: () => boolean): Promise<void> {
  for (const late = Date.now() + 90_000; !holds(); await delay(50))
    if (Date.now() > late) throw new Error(`not within 90 s: ${holds}`);
}

/** `sandbox run` of a package whose registry does not answer before `answer` is called. */
async function slow(tools = true) {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  const cache = join(state, 'packages');
  const { url, asked, publish, hold } = await registry();
  const answer = hold();
  onTestFinished(() => answer());
  publish('server', { bin: 'server.js' }, { 'server.js': tools ? SERVER : '#!/usr/bin/env node\n' });
  const manifest = join(folder, 'manifest.json');
  const wanted = { name: 'server', registry: 'npm', packageName: 'server', packageVersion: '1.0.0' };
  writeFileSync(
    manifest,
    JSON.stringify({
      ...wanted,
      permissions: ['mcp.ac.system.env.read'],
      runtimePermissions: [{ type: 'env', name: 'TOKEN' }],
    }),
  );
  mkdirSync(join(folder, 'home'));
  const env = {
    HOME: join(folder, 'home'),
    SPENDWISE_STATE_DIR: state,
    TOKEN: 'the secret',
    npm_config_registry: url,
    npm_config_cache: join(folder, 'npm'),
  };
  const cached = () => (existsSync(cache) ? readdirSync(cache) : []);
  const log = (number: number) => {
    const [name] = cached().filter((each) => each.endsWith(`.${number}.tmp`));
    return name === undefined ? undefined : join(cache, name, 'log');
  };
  const logText = (number: number) => {
    const file = log(number);
    return file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const downloads = () => asked.filter((path) => path.startsWith('tarballs/')).length;
  const run = (options: RunOptions = {}) =>
    spendwise(['sandbox', 'run', manifest, '--yes', '--runtime', 'process', '--unsandboxed'], {
      env,
      input: LIST,
      ...options,
    });
  const fetcher = (number = 1) => JSON.parse(logText(number).split('\n')[0] ?? '').fetcher.pid as number;
  onTestFinished(async () => {
    for (const name of cached().filter((each) => each.endsWith('.tmp')))
      try {
        process.kill(
          JSON.parse(readFileSync(join(cache, name, 'log'), 'utf8').split('\n')[0] ?? '').fetcher.pid,
        );
      } catch {
        // It has ended.
      }
    await delay(300);
  });
  return {
    ...{ folder, cache, answer, publish, cached, log, logText, downloads, run, fetcher },
    /** A start that is signalled while the registry keeps it waiting, with all of its process group. */
    interrupted: (signal: NodeJS.Signals) => {
      const before = downloads();
      return run({
        keepInputOpen: true,
        onStart: (_, pid) =>
          void until(() => downloads() > before).then(() => pid && process.kill(-pid, signal)),
      });
    },
  };
}

const TOOLS = /"id":2.*"name":"look"/;
const WAITS = /an earlier start has been fetching server-1\.0\.0 since \d\d:\d\d:\d\d: waiting for it\n/;

test.each(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)(
  'a fetch goes on when the client ends us by %s; the next start lists tools and downloads nothing',
  async (signal) => {
    const { interrupted, answer, cached, downloads, run, fetcher } = await slow();
    const first = await interrupted(signal);
    const hint = /hint: server-1\.0\.0 is still being fetched, for 15 minutes at most: start again later\n/;
    if (signal === 'SIGKILL') expect(first.signal).toBe('SIGKILL');
    else
      expect(first).toMatchObject({
        code: signal === 'SIGHUP' ? 129 : 130,
        stderr: expect.stringMatching(hint),
      });
    const pid = fetcher();
    expect(isAlive(pid)).toBe(true);
    answer();
    await until(() => !isAlive(pid));
    expect(cached()).toEqual([expect.stringMatching(/^server-1\.0\.0-[0-9a-f]{16}$/)]);
    expect(downloads()).toBe(1);
    const second = await run();
    expect(second.stdout).toMatch(TOOLS);
    expect(second.stderr).not.toContain('fetching');
    expect(downloads()).toBe(1);
  },
);

test('the fetching process has no granted value, and only its program as argument', async () => {
  const { interrupted, fetcher } = await slow();
  await interrupted('SIGKILL');
  const [environ, command] = ['environ', 'cmdline'].map((name) => {
    const file = `/proc/${fetcher()}/${name}`;
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
  expect(environ).not.toMatch(/the secret|SPENDWISE/);
  if (process.platform === 'linux') expect(environ).toContain('npm_config_registry=');
  expect(command?.split('\0').slice(2)).toEqual(command === '' ? [] : ['']);
});

test('Ctrl-C ends the fetch and leaves nothing behind', async () => {
  const { interrupted, cached, run, answer, downloads } = await slow();
  const first = await interrupted('SIGINT');
  expect(first).toMatchObject({ code: 130, stderr: expect.stringMatching(/nothing was left running\n$/) });
  expect(cached()).toEqual([]);
  answer();
  expect((await run()).stdout).toMatch(TOOLS);
  expect(downloads()).toBe(2);
});

test('two starts at the same time fetch once, and the second says that it waits', async () => {
  const { run, answer, downloads, cached } = await slow();
  const first = run();
  await until(() => downloads() === 1);
  const second = run({ onStderr: (said) => WAITS.test(said) && answer() });
  const both = await Promise.all([first, second]);
  for (const { stdout } of both) expect(stdout).toMatch(TOOLS);
  expect(both[0].stderr).not.toContain('waiting');
  expect(both[1].stderr).toMatch(WAITS);
  expect(downloads()).toBe(1);
  expect(cached()).toHaveLength(1);
});

test('only one of several simultaneous starts fetches', async () => {
  const { run, answer, downloads, cached } = await slow();
  answer();
  const all = await Promise.all([run(), run(), run(), run()]);
  for (const { stdout } of all) expect(stdout).toMatch(TOOLS);
  expect(downloads()).toBe(1);
  expect(cached()).toHaveLength(1);
});

test('a failed fetch tells both waiting starts why, and leaves nothing behind', async () => {
  const { run, answer, downloads, cached, publish } = await slow();
  publish('server', { bin: 'server.js' }, {}, { integrity: `sha512-${'A'.repeat(86)}==` });
  const first = run();
  await until(() => downloads() === 1);
  const second = run({ onStderr: (said) => WAITS.test(said) && answer() });
  for (const ran of await Promise.all([first, second])) {
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/error: npm could not fetch it: .*\nhint: check name, version and registry\n/);
  }
  expect(cached()).toEqual([]);
});

test('the next start names a fetch that failed while nobody waited, and tries again', async () => {
  const { run, interrupted, answer, cached, publish, fetcher } = await slow();
  publish('server', { bin: 'server.js' }, {}, { integrity: `sha512-${'A'.repeat(86)}==` });
  await interrupted('SIGKILL');
  const pid = fetcher();
  answer();
  await until(() => !isAlive(pid));
  publish('server', { bin: 'server.js' }, { 'server.js': SERVER });
  const ran = await run();
  expect(ran.stderr).toMatch(
    /the last fetch of server-1\.0\.0 failed: npm could not fetch it: .*; trying again\n/,
  );
  expect(ran.stdout).toMatch(TOOLS);
  expect(cached()).toHaveLength(1);
});

test('when the fetching process dies, the waiting start fetches again and uses nothing half fetched', async () => {
  const { run, answer, downloads, fetcher, cached, cache } = await slow();
  const first = run();
  await until(() => downloads() === 1);
  writeFileSync(join(cache, cached()[0] ?? '', 'package', 'half'), '');
  process.kill(fetcher(), 'SIGKILL');
  answer();
  const ran = await first;
  expect(ran.stderr).toMatch(/the last fetch of server-1\.0\.0 was cut off; starting again\n/);
  expect(ran.stdout).toMatch(TOOLS);
  // The npm of the process that was killed may still write into the folder that was given up.
  const [folder = '', ...more] = cached().filter((name) => !name.endsWith('.tmp'));
  expect(more).toEqual([]);
  expect(readdirSync(join(cache, folder)).toSorted()).toEqual([
    'node_modules',
    'package-lock.json',
    'package.json',
  ]);
});

// fetch-log.test.ts has the other turns that are not honoured.
test('the turn of another process that has its number is not honoured', async () => {
  const { run, interrupted, log, logText, answer, fetcher } = await slow();
  await interrupted('SIGKILL');
  const pid = fetcher();
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
  const own = { ...JSON.parse(logText(1).split('\n')[0] ?? '').fetcher, pid: process.pid, started: '1' };
  writeFileSync(log(1) ?? '', `${JSON.stringify({ fetcher: own, at: Date.now() })}\n`);
  answer();
  const ran = await run();
  expect(ran.stderr).toMatch(/was cut off; starting again/);
  expect(ran.stdout).toMatch(TOOLS);
});
