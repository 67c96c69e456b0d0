import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { ONE_PRESS_MS } from '../../../../agent/sandbox/terminal/interrupt.ts';
import { closeServer, listenOnLoopback, readBody } from '../../../stand-ins/listen.ts';
import { type Household, household } from '../../../support/household.ts';
import { completed, functionCall, says, stream } from '../../../support/model-server.ts';
import {
  CTRL_C,
  CTRL_D,
  spendwiseOnTerminal,
  testOnTerminal as test,
  UP,
} from '../../../support/terminal.ts';

const PROMPT = /you> $/;
const QUESTION = /Send exactly this to \+\d+\? yes \/ no \[no\] $/;
const alert = (category: string, spent: number, budget: number) =>
  functionCall('sms__send_budget_alert', JSON.stringify({ category, spent, budget, currency: 'CHF' }));

/** A model that does what the person says: `hang`, `fail`, `alert`, `text …`; else it says so many words. */
async function obedientModel() {
  const heard: string[][] = [];
  const server = createServer(async (request, response) => {
    const { input } = JSON.parse((await readBody(request, 1_000_000)) ?? '');
    const persons = input.filter(({ role }: { role?: string }) => role === 'user');
    heard.push(persons.map(({ content }: { content: string }) => content));
    answer(response, input.at(-1));
  });
  const url = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return { url: new URL('/v1', url).href, heard };
}

function answer(response: ServerResponse, last: { type?: string; content?: string }): void {
  const order = last.content ?? '';
  if (order === 'fail') response.writeHead(400).end('{"error":{"message":"no such field"}}');
  else if (order === 'hang') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const words = { type: 'response.output_text.delta', delta: 'Let me thi' };
    response.write(`event: ${words.type}\ndata: ${JSON.stringify(words)}\n\n`);
  } else
    stream(response, [completed([last.type === 'function_call_output' ? says('That is it.') : step(order)])]);
}

function step(order: string) {
  if (order === 'alert') return alert('Shopping', 95, 80);
  const [, message] = /^text (.*)$/.exec(order) ?? [];
  return message === undefined
    ? says(`You said ${order}.`)
    : functionCall('sms__send_sms', JSON.stringify({ message }));
}

async function openChat() {
  const home = await household();
  const model = await obedientModel();
  const env = { ...home.env, OPENAI_BASE_URL: model.url };
  const terminal = spendwiseOnTerminal(['agent', 'chat', '--yes', '--runtime', 'process'], env);
  await terminal.until(PROMPT);
  const say = (line: string) => terminal.type(`${line}\r`);
  return { ...home, terminal, say, heard: model.heard };
}

/** How often a server was stopped, by the audit log. */
function stopped({ env }: Household): number {
  const folder = join(env.SPENDWISE_STATE_DIR, 'audit');
  const logs = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return logs.flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/"event":"stop"/g) ?? [])
    .length;
}

const runsOf = ({ env }: Household) => {
  const folder = join(env.SPENDWISE_STATE_DIR, 'runs');
  const files = readdirSync(folder).sort();
  return files.map((name) =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
};

test('answers slash words itself, and never sends them to the model', async () => {
  const chat = await openChat();
  const { terminal, say } = chat;
  const asked = async (line: string) => {
    say(line);
    return terminal.until(PROMPT);
  };
  expect(await asked('/help')).toMatch(
    /\/budgets .*\n.*\/permissions .*\n.*\/runs .*\n.*\/clear .*\n.*\/quit /,
  );
  expect(await asked('/frobnicate now')).toMatch(/there is no \/frobnicate; you can type:\n[\s\S]*\/budgets/);
  expect(await asked('/budgets')).toMatch(/Shopping +█+ +CHF 95\/80 a week +119% +\[!!\]/);
  expect(await asked('/permissions')).toMatch(/mcp-server-sms\n {2}✓ domain: api\.twilio\.com:443/);
  expect(await asked('/RUNS')).toContain('no runs yet');
  expect(chat.heard).toEqual([]);
  expect(await asked('hello')).toContain('You said hello.');
  expect(await asked('/runs')).toMatch(/answered +hello\n +\S+, 1 call, /);
  say(UP + UP);
  expect(await terminal.until(PROMPT)).toContain('You said hello.');
  expect(chat.heard.at(-1)).toEqual(['hello', 'hello']);
  expect(await asked('/clear')).toContain('the next request starts a new conversation');
  expect(await asked('anew')).toContain('You said anew.');
  expect(chat.heard.at(-1)).toEqual(['anew']);
  say('/quit');
  expect(await terminal.exitCode).toBe(0);
  const [{ id }] = runsOf(chat).at(-1) ?? [];
  expect(terminal.shown()).toContain(`\`spendwise runs show ${id} --html\` makes a page of the last request`);
  expect(stopped(chat)).toBe(2);
});

test('Ctrl-C cancels the turn and nothing else; what failed or was cancelled is forgotten', async () => {
  const chat = await openChat();
  const { terminal, say, heard, twilio } = chat;
  say('one');
  await terminal.until(PROMPT);
  say('hang');
  await terminal.until(/Let me /);
  terminal.type(CTRL_C);
  expect(await terminal.until(PROMPT)).toMatch(/\ncancelled\n/);
  say('fail');
  expect(await terminal.until(PROMPT)).toMatch(/error: .*refused the request.*\nhint: /s);
  say('text hello');
  await terminal.until(QUESTION);
  await delay(100);
  terminal.type(CTRL_C);
  expect(await terminal.until(PROMPT)).toMatch(/cancelled\n/);
  expect(twilio.inbox).toEqual([]);
  // The servers are still there.
  say('alert');
  expect(await terminal.until(PROMPT)).toMatch(/✓ queued, SM/);
  expect(heard.at(-1)).toEqual(['one', 'alert']);
  expect(twilio.inbox).toHaveLength(1);
  expect(stopped(chat)).toBe(0);
  terminal.type(CTRL_D);
  expect(await terminal.exitCode).toBe(0);
  expect(stopped(chat)).toBe(2);
  expect(runsOf(chat).map((run) => run.at(-1).outcome)).toEqual([
    'answered',
    'interrupted',
    'failed',
    'interrupted',
    'answered',
  ]);
});

test('reports the outcome of a text that was on its way; Ctrl-C at the prompt leaves with 130', async () => {
  const chat = await openChat();
  const { terminal, say, twilio } = chat;
  twilio.faults.next({ kind: 'late', ms: 20_000 });
  say('alert');
  while (twilio.inbox.length === 0) await delay(20);
  terminal.type(CTRL_C);
  const told = await terminal.until(PROMPT);
  expect(told).toMatch(/cancelled; a text was on its way/);
  expect(told).toContain(`it was sent: Twilio has it as ${twilio.inbox[0]?.sid}`);
  expect(runsOf(chat)[0]?.slice(-2)).toMatchObject([
    { type: 'note', text: expect.stringMatching(/^it was sent/) },
    { type: 'end', outcome: 'interrupted' },
  ]);
  terminal.type(CTRL_C);
  expect(await terminal.exitCode).toBe(130);
  expect(stopped(chat)).toBe(2);
});

test('a second Ctrl-C before the turn has ended leaves with 130, and says that a text may have gone out', async () => {
  const chat = await openChat();
  const { terminal, say, twilio } = chat;
  twilio.faults.next({ kind: 'late', ms: 20_000 });
  // Nobody can be asked either.
  twilio.faults.next('5xx-before', 100, 'GET');
  say('alert');
  while (twilio.inbox.length === 0) await delay(20);
  terminal.type(CTRL_C);
  await terminal.until(/a text was on its way/);
  await delay(2 * ONE_PRESS_MS);
  terminal.type(CTRL_C);
  await terminal.until(/may have gone out/);
  expect(await terminal.exitCode).toBe(130);
  expect(stopped(chat)).toBe(2);
  expect(terminal.shown()).toMatch(/error: interrupted\n/);
});
