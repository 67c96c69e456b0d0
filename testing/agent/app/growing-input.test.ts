import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CallFragments } from '../../../agent/models/call-fragments.ts';
import { chatMessages } from '../../../agent/models/chat-messages.ts';
import { distinctCalls } from '../../../agent/models/distinct-calls.ts';
import type { ConversationItem } from '../../../agent/models/model.ts';
import { redactor } from '../../../agent/runs/redact.ts';
import { loadEnvironment } from '../../../agent/settings/environment.ts';
import { Toolbox, type ToolServer } from '../../../agent/tools/toolbox.ts';
import { cost } from '../../support/cost.ts';
import { fakeServer } from '../../support/fake-server.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** Takes text that others wrote: `size` of it, and then ten times as much. */
interface TakesOutsideText {
  readonly what: string;
  readonly size: number;
  readonly take: (size: number) => unknown;
}

const call = (call_id: string, text: string): ConversationItem => ({
  type: 'function_call',
  call_id,
  name: 'f',
  arguments: text,
});
const times = <T>(size: number, make: (n: number) => T): T[] =>
  Array.from({ length: size }, (_, n) => make(n));

async function lines(each: readonly string[]) {
  const fake = await fakeServer();
  for (const line of each) fake.stdout.write(`${line}\n`);
  await new Promise((done) => setTimeout(done, 20));
  await fake.transport.close();
}
const notification = (value: string) => `{"jsonrpc":"2.0","method":"n","params":{"a":${value}}}`;

/** A tool whose every result is this text. */
async function result(text: string) {
  const tools = [{ name: 't', inputSchema: { type: 'object' as const } }];
  const client = { callTool: async () => ({ content: [{ type: 'text', text }] }) };
  const toolbox = Toolbox.of([{ prefix: 's', server: {}, client, tools } as unknown as ToolServer]);
  const tool = toolbox.tools.get('s__t');
  if (tool) await toolbox.call(tool, {}, new AbortController().signal);
}

function dotEnv(text: string) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), text);
  loadEnvironment(folder, {});
}

/** One row for each function that outside text comes to; add yours. */
const rows: TakesOutsideText[] = [
  { what: 'a line: lists in lists', size: 900_000, take: (n) => lines([notification('['.repeat(n))]) },
  {
    what: 'a line: lists in lists, closed',
    size: 400_000,
    take: (n) => lines([notification('['.repeat(n) + ']'.repeat(n))]),
  },
  {
    what: 'a line: objects beside objects',
    size: 300_000,
    take: (n) => lines([notification(`[${'{},'.repeat(n)}1]`)]),
  },
  {
    what: 'a line: many keys',
    size: 60_000,
    take: (n) => lines([`{${times(n, (k) => `"k${k}":1`).join(',')}}`]),
  },
  {
    what: 'a line: one long string',
    size: 900_000,
    take: (n) => lines([notification(`"${'\\\\'.repeat(n / 2)}"`)]),
  },
  { what: 'many lines that are no messages', size: 50_000, take: (n) => lines(times(n, () => '{}')) },
  {
    what: 'a tool result: escape sequences without an end',
    size: 200_000,
    take: (n) => result('\u001b]'.repeat(n)),
  },
  { what: 'a tool result: blanks', size: 500_000, take: (n) => result(' '.repeat(n)) },
  {
    what: 'calls of a model under one id',
    size: 6_500,
    take: (n) => distinctCalls(times(n, (k) => call('a', String(k)))),
  },
  {
    what: 'calls of a model under ids that ours would be',
    size: 6_500,
    take: (n) => distinctCalls(times(n, (k) => call(k % 2 === 0 ? `a_${k}` : 'a', String(k)))),
  },
  {
    what: 'pieces of calls of a model, each of the call that began first',
    size: 6_500,
    take: (n) => {
      const fragments = new CallFragments();
      for (let index = 0; index < n; index += 1)
        fragments.add({ index, id: `i${index}`, function: { name: 'f' } });
      for (let k = 0; k < n; k += 1) fragments.add({ index: 0, function: { arguments: 'x' } });
      return fragments.calls;
    },
  },
  {
    what: 'a conversation with many calls',
    size: 6_500,
    take: (n) =>
      chatMessages(
        '',
        times(n, (k) => call(`a${k}`, '{}')),
      ),
  },
  {
    what: 'a text that is written down: beginnings of web tokens without an end',
    size: 60_000,
    take: (n) => redactor()('eyJ'.repeat(n / 3)),
  },
  {
    what: 'a text that is written down: passwords without a digit',
    size: 60_000,
    take: (n) => redactor()('password='.repeat(n / 9)),
  },
  { what: '.env: quoted values of two lines', size: 10_000, take: (n) => dotEnv('A="\n"\n'.repeat(n)) },
  {
    what: '.env: a quoted value of many lines',
    size: 40_000,
    take: (n) => dotEnv(`A="${'\n'.repeat(n)}"`),
  },
];

/** Linear is ten times as much; the rest is for the collector, and for others on the machine. */
const MOST_TIMES = 30;
/** Less than this is noise. */
const LEAST_MS = 10;
/** However fast the machine: nobody notices a second. */
const MOST_MS = 3_000;

test.each(rows)('$what: ten times as much costs about ten times as much', async ({ size, take }) => {
  const small = await cost(() => take(size));
  const large = await cost(() => take(10 * size));
  expect(large).toBeLessThan(MOST_TIMES * Math.max(small, LEAST_MS));
  expect(large).toBeLessThan(MOST_MS);
});
