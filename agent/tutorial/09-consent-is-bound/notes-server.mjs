// An MCP server with one tool. What it says about the tool stands in a file, so that it can change without the code.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const description = readFileSync(process.argv[2], 'utf8').trim();
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'notes', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [{ name: 'read_notes', description, inputSchema: { type: 'object' } }] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  const result = answers[method]?.(params);
  if (id !== undefined && result) process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
}
