#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './run.js';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const args = process.argv.slice(2);
// The demo puts the app and the stand-ins together, which nothing in agent/ imports.
const command = args[0] === '--plain' ? 1 : 0;
const demo = args[command] === 'demo';
// A clone has the programs as TypeScript, a package as JavaScript.
const source = at(demo ? '../testing/demo/main.ts' : './cli/main.ts');
const made = at(demo ? '../dist-app/demo.js' : '../dist-app/main.js');
launch(existsSync(source) ? source : made, demo ? args.toSpliced(command, 1) : args);
