import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { onTestFinished, test } from 'vitest';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';
import { dockerRequired } from './docker-required.ts';
import { pythonAvailable } from './python.ts';
import { type WheelOptions, wheel } from './wheel.ts';

const hasPip = ['pip', 'pip3'].some((name) => spawnSync(name, ['--version']).status === 0);
if (!hasPip) {
  if (dockerRequired) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no pip: install python3-pip');
  process.stderr.write('SKIPPED: no pip: tests of Python packages\n');
}
export const pipAvailable = hasPip && pythonAvailable;
/** Skipped, loudly, where there is no Python or no pip. */
export const testWithPip = test.skipIf(!pipAvailable);

/** A server that speaks MCP with Python's own library alone; what it says of itself is an expression. */
export const mcpServer = (expression = "'hello'") => `import json, os, sys
def main():
    for line in sys.stdin:
        asked = json.loads(line)
        if 'id' not in asked: continue
        if asked['method'] == 'initialize':
            result = {'protocolVersion': asked['params']['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': {'name': 's', 'version': '1'}}
        elif asked['method'] == 'tools/call':
            result = {'content': [{'type': 'text', 'text': str(${expression})}]}
        else:
            result = {'tools': [{'name': 'say', 'inputSchema': {'type': 'object'}}]}
        print(json.dumps({'jsonrpc': '2.0', 'id': asked['id'], 'result': result}), flush=True)
`;

interface Link {
  readonly file: string;
  readonly bytes: Buffer;
  /** In place of where it really is, and of its hash. */
  readonly href?: string | undefined;
  readonly redirect?: string | undefined;
  readonly sha256?: string | undefined;
  readonly yanked?: boolean;
}

/** An index of Python packages on loopback (PEP 503), and what was asked of it. */
export async function pythonIndex() {
  const links = new Map<string, Link[]>();
  const asked: string[] = [];
  const authorized: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    authorized.push(request.headers.authorization);
    const [, kind, name = ''] = path.split('/');
    const found = links.get(kind === 'simple' ? name : '') ?? [];
    if (kind === 'simple') {
      const anchors = found.map(({ file, bytes, href, sha256, yanked }) => {
        const hash = sha256 ?? createHash('sha256').update(bytes).digest('hex');
        return `<a href="${href ?? `../../files/${file}`}#sha256=${hash}"${yanked ? ' data-yanked=""' : ''}>${file}</a>`;
      });
      response.writeHead(found.length === 0 ? 404 : 200, { 'content-type': 'text/html' });
      return response.end(`<!DOCTYPE html><html><body>${anchors.join('\n')}</body></html>`);
    }
    const file = [...links.values()]
      .flat()
      .find((link) => decodeURIComponent(path) === `/files/${link.file}`);
    if (file?.redirect !== undefined) return response.writeHead(302, { location: file.redirect }).end();
    return file ? response.end(file.bytes) : response.writeHead(404).end();
  });
  const { origin } = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  const add = (name: string, link: Link) => {
    const key = name.toLowerCase().replace(/[-_.]+/g, '-');
    links.set(key, [...(links.get(key) ?? []), link]);
  };
  return {
    url: `${origin}/simple`,
    origin,
    asked,
    authorized,
    add,
    publish: (name: string, options: WheelOptions = {}, more: Partial<Link> = {}) =>
      add(name, { ...wheel(name, options), ...more }),
  };
}
