import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { MARK } from '../../../../agent/pages/document.ts';
import { RunStore } from '../../../../agent/runs/store.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { completed, functionCall, modelServer, says, stream } from '../../../support/model-server.ts';
import { spendwise } from '../../../support/run.ts';
import { smallDisk, testWithDisk } from '../../../support/small-disk.ts';

let state: string;
let id: string;
beforeEach(() => {
  state = temporaryFolder();
  const run = new RunStore({ SPENDWISE_STATE_DIR: state }, () => {}).begin('Check <b>my</b> budgets', {
    model: { kind: 'openai', name: 'some-model' },
    runtime: { kind: 'docker' },
    twilio: 'live',
  });
  run.write({ type: 'answer', text: 'All is well.' });
  run.end({ outcome: 'answered' });
  id = run.id ?? '';
});
const show = (...args: string[]) =>
  spendwiseHere(['runs', 'show', ...args], { env: { SPENDWISE_STATE_DIR: state } });

test('--html keeps the page of a run in the state folder, and prints its path', async () => {
  const { code, stdout, stderr } = await spendwise(['runs', 'show', id.slice(0, 7), '--html'], {
    env: { SPENDWISE_STATE_DIR: state },
  });
  const path = join(state, 'pages', `${id}.html`);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${path}\n`, stderr: '' });
  const markup = readFileSync(path, 'utf8');
  expect(markup).toContain('Check &lt;b&gt;my&lt;/b&gt; budgets');
  expect(markup).toContain('All is well.');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse((await show(id, '--html', '--json')).stdout)).toEqual({ page: path });
});

test('--html FILE writes there, again and again, and replaces no other file', async () => {
  const file = join(state, 'out', 'run.html');
  expect(await show(id, '--html', file)).toMatchObject({ code: 1, stdout: '' });
  mkdirSync(join(state, 'out'));
  for (const _ of [1, 2])
    expect(await show(id, '--html', file)).toMatchObject({ code: 0, stdout: `${file}\n` });
  expect(readFileSync(file, 'utf8').startsWith(MARK)).toBe(true);
  writeFileSync(file, 'my own');
  const refused = await show(id, '--html', file);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^error: .* is not a page of SpendWise\nhint: /m);
  expect(readFileSync(file, 'utf8')).toBe('my own');
  expect(readdirSync(join(state, 'out'))).toEqual(['run.html']);
  expect(await show(id, '--html', join(state, 'out'))).toMatchObject({ code: 1, stdout: '' });
});

test('a state folder that others may write gets no page', async () => {
  mkdirSync(join(state, 'pages'));
  chmodSync(join(state, 'pages'), 0o777);
  const refused = await show(id, '--html');
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toMatch(/^error: other users can write /m);
  expect(await show('zzz', '--html')).toMatchObject({ code: 2, stdout: '' });
});

async function ask(answer: 'well' | 'badly', ...flags: string[]) {
  const { env } = await household();
  const model = await modelServer((response) =>
    answer === 'well'
      ? stream(response, [completed([says('All is well.')])])
      : response.writeHead(400).end('{}'),
  );
  state = env.SPENDWISE_STATE_DIR;
  return spendwiseHere(['agent', 'ask', 'hi', '--yes', '--runtime', 'process', ...flags], {
    env: { ...env, OPENAI_BASE_URL: model.url },
  });
}
const pages = (): string[] => readdirSync(join(state, 'pages'));

test('agent ask ends with the page of its run, in which its servers have stopped', async () => {
  const { code, stdout, stderr } = await ask('well');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'All is well.\n' });
  const [page = ''] = pages();
  expect(stderr.endsWith(`\nPage of this run: ${join(state, 'pages', page)}\n`)).toBe(true);
  expect(readFileSync(join(state, 'pages', page), 'utf8')).toContain('its end in the log');
});

test('so it does when it fails, and with --json leaves stdout to the report', async () => {
  const { code, stdout, stderr } = await ask('badly', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.any(String) } });
  expect(stderr).toMatch(/^Page of this run: .*\nerror: /m);
  expect(readFileSync(join(state, 'pages', pages()[0] ?? ''), 'utf8')).toContain('The run failed');
});

test('--no-page makes none; one that cannot be kept is a warning', async () => {
  const without = await ask('well', '--no-page');
  expect(without.stderr).not.toContain('Page of this run');
  expect(readdirSync(state)).not.toContain('pages');

  const { env } = await household();
  const model = await modelServer((response) => stream(response, [completed([says('All is well.')])]));
  mkdirSync(env.SPENDWISE_STATE_DIR, { mode: 0o700 });
  writeFileSync(join(env.SPENDWISE_STATE_DIR, 'pages'), '');
  const ran = await spendwiseHere(['agent', 'ask', 'hi', '--yes', '--runtime', 'process'], {
    env: { ...env, OPENAI_BASE_URL: model.url },
  });
  expect(ran).toMatchObject({ code: 0, stdout: 'All is well.\n' });
  expect(ran.stderr).toMatch(
    /\nno page of this run: .* cannot be used \(ENOTDIR\)\nhint: .*; then `spendwise runs show \w{8} --html` makes it\n$/,
  );
  rmSync(join(env.SPENDWISE_STATE_DIR, 'pages'));
});

const ALERT = functionCall(
  'sms__send_budget_alert',
  JSON.stringify({ category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' }),
);

testWithDisk(
  'a full disk: the page before stays whole, and the run is as it would be without one',
  async () => {
    const { env, twilio } = await household();
    const folder = join(env.SPENDWISE_STATE_DIR, 'pages');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!smallDisk(folder, '64k')) return;
    const kept = join(folder, 'kept.html');
    await show(id, '--html', kept);
    const before = readFileSync(kept, 'utf8');
    writeFileSync(join(folder, 'fill'), Buffer.alloc(64 * 1024 - statSync(kept).size - 8 * 1024));

    const again = await show(id, '--html', kept);
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${kept} cannot be written (ENOSPC)\nhint: free disk space, or name a file on another disk\n`,
    });
    const model = await modelServer((response, request) =>
      stream(response, [completed(request === 1 ? [ALERT] : [says('Done.')])]),
    );
    const ran = await spendwise(['agent', 'ask', 'hi', '--yes', '--runtime', 'process'], {
      env: { ...env, OPENAI_BASE_URL: model.url },
    });
    expect(ran).toMatchObject({ code: 0, stdout: 'Done.\n' });
    expect(ran.stderr).toMatch(/\nno page of this run: .* \(ENOSPC\)\nhint: free disk space, .*\n$/);
    expect(twilio.inbox).toHaveLength(1);
    const { stdout } = await spendwise(['runs', 'list', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ outcome: 'answered', texts: { sent: 1 } }] });
    expect(readFileSync(kept, 'utf8')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual(['fill', 'kept.html']);
  },
);
