#!/usr/bin/env node
// Plain JavaScript, so that an old Node can print what is missing. A package runs dist/; a clone runs the TypeScript
// sources, which needs Node 22.18. If the Node that a client uses is too old, the npm package `node` takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);
const built = new URL('../dist/main.js', import.meta.url);
const inClone = existsSync(fileURLToPath(source)) || !existsSync(fileURLToPath(built));
const entry = inClone ? source : built;
const neededMinor = inClone ? 18 : 13;
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= neededMinor)) {
  // Starts a third faster. Not in a shared temporary folder: anybody who can write there could run code.
  // Beside this package, not in it: a grant is bound to every file of the package.
  const cache = inClone ? '../../node_modules/.cache/node' : '../../.cache/node';
  nodeModule.enableCompileCache?.(fileURLToPath(new URL(cache, import.meta.url)));
  await import(entry.href);
} else {
  let newer;
  try {
    newer = nodeModule.createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    const how = inClone ? 'run `npm ci` in the clone (it brings a Node of its own), or ' : '';
    process.stderr.write(
      `error: mcp-server-sms needs Node 22.${neededMinor} or newer; this is Node ${process.versions.node}\n` +
        `hint: ${how}install a newer Node\n`,
    );
    process.exit(4);
  }
  const child = spawn(newer, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' });
  // On a terminal Ctrl-C reaches the child by itself. A second one would mean "exit at once".
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
