import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Duplex, PassThrough } from 'node:stream';
import { setImmediate as turnOfImmediates } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, onTestFinished, test } from 'vitest';
import { smsManifest } from '../../../../agent/app/own-servers.ts';
import { approveOn } from '../../../../agent/cli/terminal/host.ts';
import { AuditLog } from '../../../../agent/sandbox/audit/audit-log.ts';
import { walkLog } from '../../../../agent/sandbox/audit/read.ts';
import {
  type ConsentAnswer,
  type ConsentOptions,
  type ConsentUI,
  obtainConsent,
  recordConsent,
} from '../../../../agent/sandbox/consent/consent.ts';
import { GrantStore } from '../../../../agent/sandbox/consent/grants.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { EnvironmentVariable, Permission } from '../../../../agent/sandbox/manifest/permissions.ts';
import { terminalUI } from '../../../../agent/sandbox/terminal/terminal-ui.ts';
import { themeFor } from '../../../../agent/sandbox/terminal/theme.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { codeIs } from '../../../support/program.ts';

const manifest = (names: string[]) =>
  new MCPManifest({
    name: 'server',
    registry: 'npm',
    packageName: 'server',
    permissions: [Permission.MCP_AC_SYSTEM_ENV_READ],
    runtimePermissions: names.map((name) => ({
      ...new EnvironmentVariable(name),
      purpose: `working with ${name}`,
    })),
  });

/** Answers as told, in order; "no" when it runs out. */
function scriptedUI(...answers: ConsentAnswer[]) {
  const asked: string[] = [];
  const notices: string[] = [];
  const ui: ConsentUI = {
    consent: async (_server, wanted) => {
      asked.push(wanted.type === 'env' ? wanted.name : wanted.type);
      return answers.shift() ?? 'no';
    },
    accept: async (_server, _what, lines) => {
      asked.push(...lines);
      return (answers.shift() ?? 'no') === 'yes';
    },
    notice: (line) => void notices.push(line),
  };
  return { ui, asked, notices };
}

const options = (ui: ConsentUI | undefined, folder = temporaryFolder()) => ({
  ui,
  grantAll: undefined,
  store: new GrantStore(folder),
  howToGrant: 'pass --yes',
});
const names = (list: readonly object[]) => list.map((permission) => Reflect.get(permission, 'name'));

test('asks for each permission, leaves a refused one out, and says what will not work', async () => {
  const { ui, asked, notices } = scriptedUI('yes', 'no', 'yes');
  const { granted, refused } = await obtainConsent(manifest(['A', 'B', 'C']), codeIs('code'), options(ui));
  expect(asked).toEqual(['A', 'B', 'C']);
  expect(names(granted)).toEqual(['A', 'C']);
  expect(names(refused)).toEqual(['B']);
  expect(notices).toEqual(['left out: env var: B; will not work: "working with B"']);
});

test('"all" grants the rest of this server, and lists each permission', async () => {
  const { ui, asked, notices } = scriptedUI('no', 'all');
  const { granted } = await obtainConsent(manifest(['A', 'B', 'C']), codeIs('code'), options(ui));
  expect(asked).toEqual(['A', 'B']);
  expect(names(granted)).toEqual(['B', 'C']);
  // Nothing is granted that was not shown.
  expect(notices[0]).toBe('server: Allow access to env var: C → yes (all for this server)');
});

test('the audit log says of each permission how it was answered', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'audit.jsonl');
  const run = async (names: string[], more: ConsentOptions) => {
    const log = new AuditLog(file);
    recordConsent(log, manifest(names), await obtainConsent(manifest(names), codeIs('code'), more));
    log.close();
  };
  await run(['A'], options(scriptedUI('yes').ui, folder));
  await run(['A', 'B'], options(scriptedUI('no').ui, folder));
  await run(['A', 'B', 'C'], options(scriptedUI('all').ui, folder));
  await run(['A', 'B'], { ...options(undefined, folder), grantAll: { because: '--yes', notice: () => {} } });
  const recorded: unknown[] = [];
  walkLog(file, ({ record }) => recorded.push([record.permission, record.verdict, record.reason].join(', ')));
  expect(recorded).toEqual([
    'Allow access to env var: A, granted, asked now',
    'Allow access to env var: A, granted, granted before',
    'Allow access to env var: B, refused, asked now',
    'Allow access to env var: A, granted, granted before',
    'Allow access to env var: B, granted, asked now',
    'Allow access to env var: C, granted, all for this server',
    'Allow access to env var: A, granted, --yes',
    'Allow access to env var: B, granted, --yes',
  ]);
});

test('"quit" starts nothing and remembers nothing', async () => {
  const folder = temporaryFolder();
  await expect(
    obtainConsent(manifest(['A', 'B']), codeIs('code'), options(scriptedUI('yes', 'quit').ui, folder)),
  ).rejects.toThrow(/you quit/);
  expect(new GrantStore(folder).all()).toEqual([]);
});

test('remembers grants, asks again after refusals, and asks of a changed manifest only what is new', async () => {
  const folder = temporaryFolder();
  await obtainConsent(manifest(['A', 'B']), codeIs('code'), options(scriptedUI('yes', 'no').ui, folder));
  const second = scriptedUI('yes');
  await obtainConsent(manifest(['A', 'B']), codeIs('code'), options(second.ui, folder));
  expect(second.asked).toEqual(['B']);
  await obtainConsent(manifest(['A', 'B']), codeIs('code'), options(undefined, folder));
  const more = scriptedUI('yes');
  await obtainConsent(manifest(['A', 'B', 'C']), codeIs('code'), options(more.ui, folder));
  expect(more.asked).toEqual(['C']);
  const fewer = scriptedUI();
  await obtainConsent(manifest(['B']), codeIs('code'), options(fewer.ui, folder));
  expect(fewer.asked).toEqual([]);
  const again = scriptedUI('no');
  await obtainConsent(manifest(['A', 'B']), codeIs('code'), options(again.ui, folder));
  expect(again.asked).toEqual(['A']);
});

test('grants nothing without a terminal', async () => {
  await expect(obtainConsent(manifest(['A']), codeIs('code'), options(undefined))).rejects.toMatchObject({
    exitCode: 3,
    hint: 'pass --yes',
  });
});

test('without a terminal, a server that asks for nothing does not run until somebody agreed', async () => {
  const folder = temporaryFolder();
  let prepared = 0;
  const code = { fetched: undefined, prepare: async () => ({ digest: `code ${++prepared}`.slice(0, 4) }) };
  await expect(obtainConsent(manifest([]), code, options(undefined, folder))).rejects.toMatchObject({
    exitCode: 3,
    message: 'server was not started: nobody agreed to run it',
    hint: 'pass --yes',
  });
  expect(prepared).toBe(0);
  await obtainConsent(manifest([]), code, options(scriptedUI().ui, folder));
  expect(new GrantStore(folder).all()).toMatchObject([{ granted: [] }]);
  await obtainConsent(manifest([]), code, options(undefined, folder));
});

test('a damaged grants file grants nothing', async () => {
  const folder = temporaryFolder();
  await obtainConsent(manifest(['A']), codeIs('code'), options(scriptedUI('yes').ui, folder));
  const [file = ''] = readdirSync(join(folder, 'grants'));
  writeFileSync(join(folder, 'grants', file), '{"version":2,"granted":');
  await expect(
    obtainConsent(manifest(['A']), codeIs('code'), options(scriptedUI('yes').ui, folder)),
  ).rejects.toThrow(/damaged/);
});

test('--yes and the demo print each permission that they grant', async () => {
  const lines: string[] = [];
  const grantAll = { because: '--yes', notice: (line: string) => void lines.push(line) };
  await obtainConsent(manifest(['A']), codeIs('code'), { ...options(undefined), grantAll });
  expect(lines).toEqual(['server: Allow access to env var: A → yes (--yes)']);
});

/** The real terminal UI on streams of ours. */
function terminal<Input extends Duplex>(input: Input) {
  const output = new PassThrough();
  let shown = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const ui = terminalUI({
    input: input as unknown as ReadStream,
    output: output as unknown as WriteStream,
    theme: themeFor(process.stderr),
    signal: new AbortController().signal,
  });
  const approve = approveOn(ui, themeFor(process.stderr));
  /** Types once the question is there, as a person would. */
  const type = async (text: string) => {
    await expect.poll(() => shown).toMatch(/\[no\] $/);
    input.write(text);
  };
  return { ui: { ...ui, approve }, input, type, shown: () => shown };
}

test.each([
  ['y', 'yes'],
  [' YES ', 'yes'],
  ['', 'no'],
  ['n', 'no'],
  ['a', 'all'],
  ['q', 'quit'],
])('on a terminal "%s" means %s', async (typed, answer) => {
  const { ui, type } = terminal(new PassThrough());
  const asked = ui.consent('server', new EnvironmentVariable('A'));
  await type(`${typed}\n`);
  expect(await asked).toBe(answer);
});

test('on a terminal, asks again after an unclear answer, and quits at the end of input', async () => {
  const { ui, input, type, shown } = terminal(new PassThrough());
  const asked = ui.consent('server', new EnvironmentVariable('A'));
  await type('yess\n');
  await expect.poll(shown).toContain('Please answer');
  input.end();
  expect(await asked).toBe('quit');
});

test.each([
  ['y', true],
  ['yes', true],
  ['', false],
  ['yy', false],
  ['all', false],
])('approving a text with "%s" is %s', async (typed, approved) => {
  const { ui, type, shown } = terminal(new PassThrough());
  const call = {
    server: 'sms',
    tool: 'send_sms',
    args: { message: 'pay\u202e \u001b[2Jnow\u3164\u00a0\u2800' },
    because: 'free text',
    recipient: '+12025550143',
  };
  const answer = ui.approve(call, new AbortController().signal);
  await type(`${typed}\n`);
  expect(await answer).toBe(approved);
  // Shown in full, nothing hidden.
  expect(shown()).toContain('"pay\\u{202e} \\u001b[2Jnow\\u{3164}\\u{a0}\\u{2800}"');
});

test('a text cannot add or cover lines in its question', async () => {
  const { ui, input, shown } = terminal(new PassThrough());
  const message = `ok"${' '.repeat(60)}Send exactly this? cafe\u0301 e${'\u0336'.repeat(4)}  a \\u{20}{9}`;
  const answer = ui.approve(
    { server: 'sms', tool: 'send_sms', args: { message }, because: '', recipient: undefined },
    new AbortController().signal,
  );
  await expect.poll(shown).toMatch(/\[no\] $/);
  expect(shown()).toContain(
    '"ok\\"\\u{20}{60}Send exactly this? cafe\u0301 e\u0336\u0336\\u{336}\\u{336}  a \\\\u{20}{9}"\n',
  );
  input.end();
  expect(await answer).toBe(false);
});

test('approves nothing at the end of input', async () => {
  const { ui, input } = terminal(new PassThrough());
  const answer = ui.approve(
    { server: 'sms', tool: 'send_sms', args: {}, because: '', recipient: undefined },
    new AbortController().signal,
  );
  input.end();
  expect(await answer).toBe(false);
});

test('text typed before a question, or after an answer, answers nothing', async () => {
  const { ui, input, type } = terminal(new PassThrough());
  input.write('y\nyes\na\n');
  const first = ui.consent('server', new EnvironmentVariable('A'));
  await type('n\nyes\n');
  expect(await first).toBe('no');
  input.write('y\n');
  const approval = ui.approve(
    { server: 'sms', tool: 'send_sms', args: { message: 'x' }, because: '', recipient: undefined },
    new AbortController().signal,
  );
  let settled = false;
  void approval.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(settled).toBe(false);
  input.end();
  expect(await approval).toBe(false);
});

test('the same on a machine too busy to read it in time', async () => {
  // A socket, for what is typed ahead must wait in the system, not in a stream of ours.
  const listening = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  onTestFinished(() => void listening.close());
  await once(listening, 'listening');
  const keys = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(listening, 'connection')) as [Socket];
  onTestFinished(() => void socket.destroy());
  const { ui, shown } = terminal(socket);
  await new Promise<void>((resolve) => keys.write('yes\n', () => resolve()));
  await turnOfImmediates();
  const answer = ui.approve(
    { server: 'sms', tool: 'send_sms', args: { message: 'x' }, because: '', recipient: undefined },
    new AbortController().signal,
  );
  for (const until = performance.now() + 60; performance.now() < until; );
  await expect.poll(shown).toMatch(/\[no\] /);
  keys.end();
  expect(await answer).toBe(false);
});

test('shows the rules of a domain with the question, and the secret that the server never sees', async () => {
  const { ui, input, shown } = terminal(new PassThrough());
  const [domain] = smsManifest().runtimePermissions;
  if (domain === undefined) throw new Error('no permission');
  const asked = ui.consent('server', domain);
  await expect.poll(shown).toMatch(/\[no\] $/);
  expect(shown()).toMatch(/only: POST .*Messages\.json\n/);
  expect(shown()).toContain('gets a placeholder for TWILIO_AUTH_TOKEN; the broker inserts the real value');
  input.end();
  expect(await asked).toBe('quit');
});

test('a purpose or path cannot add a line, and the access comes before the path', async () => {
  const { ui, input, shown } = terminal(new PassThrough());
  const path = `/srv/data (read: true, write: false)${' '.repeat(80)}`;
  const purpose = `notes${' '.repeat(75)}only: GET /status`;
  const asked = ui.consent('server', { type: 'fs', path, read: true, write: true, purpose });
  await expect.poll(shown).toMatch(/\[no\] $/);
  expect(shown()).toContain(
    'file system path (read: true, write: true): "/srv/data (read: true, write: false)\\u{20}{80}"\n',
  );
  expect(shown()).toContain('what for: "notes only: GET /status"\n');
  input.end();
  expect(await asked).toBe('quit');
});

test('a long question repeats the permission right before the prompt', async () => {
  const { ui, input, type, shown } = terminal(new PassThrough());
  const long = { type: 'fs' as const, path: `/${'p'.repeat(300)}`, read: true, write: true, purpose: 'x' };
  const rules = Array.from({ length: 12 }, () => ({ method: 'GET' as const, path: '/a' }));
  const many = { type: 'domain' as const, domain: 'a.example', port: 443, http: { rules } };
  for (const wanted of [many, long]) {
    const answered = ui.consent('made-up', wanted as never, undefined);
    await type('y\n');
    expect(await answered).toBe('yes');
    if (wanted === many)
      expect(shown()).toMatch(/\n {2}Allow access to domain: a\.example:443\n {2}yes \/ no/);
    else expect(shown()).not.toMatch(/\n {2}\(read/);
  }
  input.end();
});
