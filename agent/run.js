// Plain JavaScript, so that an old Node can read it and say what is missing. SpendWise needs Node 26: it runs
// TypeScript as it is, and older ones crash in better-sqlite3's binary. `npm ci` brings one along; npm scripts and npx
// find it on their PATH, a client's configuration that names a file by path does not: then it takes over here.
// Used as `node agent/run.js FILE.ts [ARGUMENT…]`, and by spendwise.js.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 26;
/** The packages of this clone run from their sources: each `exports` has an entry for this condition. */
const CONDITION = 'spendwise-source';
const OWN_NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`);
  process.exit(4);
}

export function launch(file, args) {
  const current = Number(process.versions.node.split('.')[0]);
  if (!existsSync(fileURLToPath(new URL('../node_modules/commander', import.meta.url)))) {
    fail('the packages of SpendWise are not installed', 'run `npm ci` in the clone');
  }
  if (current >= NEEDED) {
    // Saves a third of the start. Beside the code, not in a shared temporary folder: who can write there could run code.
    nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)));
    nodeModule.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, CONDITION] }),
    });
    process.argv = [process.argv[0], file, ...args];
    import(pathToFileURL(file).href);
  } else if (existsSync(OWN_NODE)) {
    const child = spawn(OWN_NODE, [`--conditions=${CONDITION}`, file, ...args], { stdio: 'inherit' });
    // On a terminal Ctrl-C reaches the child by itself; twice would mean "at once".
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
  } else {
    fail(
      `SpendWise needs Node ${NEEDED}; this is Node ${process.versions.node}`,
      'run `npm ci` in the clone: it brings its own Node',
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) launch(process.argv[2], process.argv.slice(3));
