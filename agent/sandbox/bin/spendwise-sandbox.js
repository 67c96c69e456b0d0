#!/usr/bin/env node
// Plain JavaScript of an old kind, so that an old Node can print what is missing. A package runs dist/; a clone runs
// the TypeScript sources.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const source = new URL('../cli/main.ts', import.meta.url);
const inClone = existsSync(fileURLToPath(source));
const entry = inClone ? source : new URL('../dist/main.js', import.meta.url);
const neededMinor = inClone ? 18 : 13;
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= neededMinor)) {
  // Starts a third faster. Not in a shared temporary folder: anybody who can write there could run code.
  // Beside this package, not in it: in a clone, a grant may be bound to every file of this folder.
  const cache = inClone ? '../../../node_modules/.cache/node' : '../../../.cache/node';
  nodeModule.enableCompileCache?.(fileURLToPath(new URL(cache, import.meta.url)));
  await import(entry.href);
} else {
  process.stderr.write(
    `error: spendwise-sandbox needs Node 22.${neededMinor} or newer; this is Node ${process.versions.node}\n` +
      'hint: install a newer Node\n',
  );
  process.exit(4);
}
