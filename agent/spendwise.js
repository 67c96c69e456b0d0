#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './run.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const args = process.argv.slice(2);
// The demo puts the app and the stand-ins together, which nothing in agent/ imports.
const demo = args[0] === 'demo';
// A clone has the programs as TypeScript, a package as JavaScript.
const source = at(demo ? '../testing/demo/main.ts' : './cli/main.ts');
const made = at(demo ? '../dist-app/demo.js' : '../dist-app/main.js');
launch(existsSync(source) ? source : made, demo ? args.slice(1) : args);
