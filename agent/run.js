// Plain JavaScript, so that an old Node can print what is missing. SpendWise needs Node 26 to run TypeScript and
// better-sqlite3. `npm ci` installs one, which npm scripts and npx find; a client that names this file by path may not,
// so this file switches to it. Used as `node agent/run.js FILE.ts [ARGUMENT…]`, and by spendwise.js.
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
    // Starts a third faster. Not in a shared temporary folder: anybody who can write there could run code.
    nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)));
    nodeModule.registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier, { ...context, conditions: [...context.conditions, CONDITION] }),
    });
    process.argv = [process.argv[0], file, ...args];
    import(pathToFileURL(file).href);
  } else if (existsSync(OWN_NODE)) {
    const child = spawn(OWN_NODE, [`--conditions=${CONDITION}`, file, ...args], { stdio: 'inherit' });
    // On a terminal Ctrl-C reaches the child by itself. A second one would mean "exit at once".
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
