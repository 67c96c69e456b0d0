// #region agent
import { createInterface } from 'node:readline/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { GrantStore, loadManifest, programConsent, startServer, stateDir } from '@spendwise/sandbox';
import { plainText } from '@spendwise/sandbox/foundation';
import OpenAI from 'openai';
import { bestRuntime } from './stage/best-runtime.ts';

/** The policy. A tool without a row is denied. */
const POLICY: Record<string, string> = { read_notes: 'allow', add_note: 'ask' };

/** Everything but a clear yes is a no. */
async function approved(call: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  using terminal = createInterface(process.stdin, process.stdout);
  return /^y(es)?$/.test(await terminal.question(`Allow ${call}? yes / no [no] `));
}

const say = (text: string) => void process.stdout.write(`${plainText(text)}\n`);
await using server = await startServer(loadManifest(process.argv[2] ?? 'manifest.json'), {
  runtime: await bestRuntime(say), // In a project of your own: findRuntime() of @spendwise/sandbox.
  env: {}, // A server can get only variables that are in here.
  consent: { ui: programConsent({ allow: ({ type }) => type === 'fs' }), store: new GrantStore(stateDir()) },
});
const client = new Client({ name: 'first-agent', version: '1.0.0' });
await client.connect(server.transport);
const tools = (await client.listTools()).tools.map(({ name, description = '', inputSchema: parameters }) => {
  return { type: 'function' as const, function: { name, description, parameters } };
});

const [openai, model] = [new OpenAI(), process.env.OPENAI_MODEL ?? 'gpt-5-mini'];
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Complete my notes' }];
for (let turn = 0; turn < 10 && messages.at(-1)?.role !== 'assistant'; turn += 1) {
  const { choices } = await openai.chat.completions.create({ model, messages, tools });
  const message = choices[0]?.message;
  if (message === undefined) break;
  messages.push(message);
  if (message.content) say(message.content);
  for (const call of message.tool_calls ?? []) {
    const { name, arguments: args } = 'function' in call ? call.function : { name: '', arguments: '' };
    const rule = POLICY[name];
    const allowed = rule === 'allow' || (rule === 'ask' && (await approved(plainText(`${name} ${args}`))));
    say(`${allowed ? 'allowed' : 'denied'}: ${name} ${args}`);
    const result = allowed ? await client.callTool({ name, arguments: JSON.parse(args) }) : 'denied';
    messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(result) });
  }
}
// #endregion
