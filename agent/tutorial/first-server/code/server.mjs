// The server of first-agent.ts: two tools, and no library. Lesson 2 explains the messages.
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const file = new URL('../notes/notes.txt', import.meta.url);
const schema = (properties) => ({ type: 'object', properties, required: Object.keys(properties) });
const tools = [
  { name: 'read_notes', description: 'Returns all notes', inputSchema: schema({}) },
  { name: 'add_note', description: 'Adds a note', inputSchema: schema({ text: { type: 'string' } }) },
];
const run = {
  read_notes: () => readFileSync(file, 'utf8'),
  add_note: ({ text }) => {
    appendFileSync(file, `${text}\n`);
    return 'added';
  },
};
const serverInfo = { name: 'notes', version: '1.0.0' };
const methods = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo }),
  'tools/list': () => ({ tools }),
  'tools/call': (call) => ({ content: [{ type: 'text', text: run[call.name](call.arguments) }] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const error = { code: -32601, message: `no method ${method}` };
  const answer = methods[method] ? { result: methods[method](params) } : { error };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
}
