// Plain JavaScript, so that an old Node can print what is missing. SpendWise needs Node 26 to run TypeScript and
// Temporal. `npm ci` installs one, which npm scripts and npx find; a client that names this file by path may not,
// so this file switches to it. Used as `node agent/run.js FILE.ts [ARGUMENT…]`, and by spendwise.js.
import { spawn } from 'node:child_process';
import * as nodeModule from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 26;
/** The packages of this clone run from their sources: each `exports` has an entry for this condition. */
const CONDITION = 'spendwise-source';
const { resolve } = nodeModule.createRequire(import.meta.url);

function find(file) {
  try {
    return resolve(file);
  } catch {
    return undefined;
  }
}

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`);
  process.exit(4);
}

export function launch(file, args) {
  const current = Number(process.versions.node.split('.')[0]);
  const ownNode = find('node/bin/node');
  if (find('better-sqlite3') === undefined) {
    fail(
      'the packages of SpendWise are not installed',
      'run `npm ci` in the clone, or install the package again',
    );
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
  } else if (ownNode !== undefined) {
    const child = spawn(ownNode, [`--conditions=${CONDITION}`, file, ...args], { stdio: 'inherit' });
    // On a terminal Ctrl-C reaches the child by itself. A second one would mean "exit at once".
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
  } else {
    fail(
      `SpendWise needs Node ${NEEDED}; this is Node ${process.versions.node}`,
      '`npm ci` in the clone, or the install of the package, brings one: allow the install script of `node`, and try again',
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) launch(process.argv[2], process.argv.slice(3));
