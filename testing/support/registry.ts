import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closeServer, listenOnLoopback } from '../stand-ins/listen.ts';
import { temporaryFolder } from './folder.ts';

/** By path. */
type Files = Readonly<Record<string, string | Buffer>>;

interface Published {
  readonly json: object;
  readonly bytes: Buffer;
  /** In place of what is true. */
  readonly dist: object;
}

/** A registry on loopback, and what was asked of it. */
export async function registry() {
  const packages = new Map<string, Published>();
  const asked: string[] = [];
  let held: Promise<void> | undefined;
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    asked.push(path);
    const found = packages.get(path.replace(/^tarballs\/(.*)\.tgz$/, '$1'));
    if (found === undefined) return response.writeHead(404).end('{}');
    if (path.startsWith('tarballs/')) {
      await held;
      return response.end(found.bytes);
    }
    const integrity = `sha512-${createHash('sha512').update(found.bytes).digest('base64')}`;
    const dist = { tarball: `${url}tarballs/${path}.tgz`, integrity, ...found.dist };
    const versions = { '1.0.0': { ...found.json, dist } };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ name: path, 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  const url = (await listenOnLoopback(server, 0)).href;
  onTestFinished(() => closeServer(server));
  return {
    url,
    asked,
    /** Tarballs are not answered before the function that it returns is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    /** Version 1.0.0 of it. */
    publish: (name: string, json: object = {}, files: Files = {}, dist: object = {}, bytes?: Buffer) => {
      const whole = { name, version: '1.0.0', ...json };
      packages.set(name, { json: whole, bytes: bytes ?? readFileSync(packed(whole, files)), dist });
    },
  };
}

/** A package as a tarball. */
export function packed(json: object, files: Files = {}): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(json), ...files })) {
    mkdirSync(dirname(join(folder, 'package', name)), { recursive: true });
    writeFileSync(join(folder, 'package', name), text);
  }
  execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
  return join(folder, 'package.tgz');
}
