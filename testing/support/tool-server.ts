import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `server.mjs` into a folder: an MCP server with one tool, `go`, whose body is `code`; it returns a text. */
export function codeOf(folder: string, code: string, atStart = ''): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'server.mjs'),
    `import { createInterface } from 'node:readline';
    ${atStart}
    const go = async () => { ${code} };
    const tools = [{ name: 'go', description: 'Goes', inputSchema: { type: 'object' } }];
    for await (const line of createInterface({ input: process.stdin })) {
      const { id, method, params } = JSON.parse(line);
      const result = { initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'n', version: '1' } },
        'tools/list': { tools }, 'tools/call': method === 'tools/call' && { content: [{ type: 'text', text: String(await go()) }] } }[method];
      const answer = result ? { result } : { error: { code: -32601, message: 'no such method' } };
      if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    }`,
  );
}
