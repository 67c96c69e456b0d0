// Plain JavaScript, so that an old Node can print what is missing. SpendWise needs Node 26 to run TypeScript and
// Temporal. `npm ci` installs one, which npm scripts and npx find; a client that names this file by path may not,
// so this file switches to it. Used as `node agent/run.js FILE.ts [ARGUMENT…]`, and by spendwise.js.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 26;
/** The packages of this clone run from their sources: each `exports` has an entry for this condition. */
const CONDITION = 'spendwise-source';
/** zod brings its messages in fifty languages along, a file each, and loads them all. Ours are English. */
const LOCALES = '../locales/index.js';
const HOME = fileURLToPath(new URL('..', import.meta.url));
const INSTALLED = HOME.includes(`${sep}node_modules${sep}`);
/**
 * Where npm puts what SpendWise depends on: below it, or in a `node_modules` that holds it. Node itself would go on to
 * NODE_PATH, the home folder and every folder above, where others may have put a program.
 */
const PACKAGES = nodeModule
  .createRequire(import.meta.url)
  .resolve.paths('node')
  .filter((folder) => folder === join(HOME, 'node_modules') || HOME.startsWith(folder + sep));
const find = (path) => PACKAGES.map((folder) => join(folder, path)).find((file) => existsSync(file));

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`);
  process.exit(4);
}

export function launch(file, args) {
  const current = Number(process.versions.node.split('.')[0]);
  const own = find('node');
  const ownNode = own && join(own, 'bin/node');
  if (find('better-sqlite3') === undefined) {
    fail(
      'the packages of SpendWise are not installed',
      INSTALLED ? 'install SpendWise again' : 'run `npm ci` in the clone',
    );
  }
  if (current >= NEEDED) {
    // Starts a third faster. Not in a shared temporary folder: anybody who can write there could run code.
    nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)));
    nodeModule.registerHooks({
      resolve: (specifier, context, next) => {
        // Ours say where they are: Node would look for each on the disk, and for the package around it.
        if (/^\.\.?\/.*\.ts$/.test(specifier)) {
          const { href: url } = new URL(specifier, context.parentURL);
          return { url, format: 'module-typescript', shortCircuit: true };
        }
        const locales = specifier === LOCALES && context.parentURL?.includes('/node_modules/zod/');
        const conditions = [...context.conditions, CONDITION];
        return next(locales ? '../locales/en.js' : specifier, { ...context, conditions });
      },
    });
    process.argv = [process.argv[0], file, ...args];
    import(pathToFileURL(file).href);
  } else if (existsSync(ownNode) && realpathSync(ownNode) !== process.execPath) {
    // This file again, for the compile cache.
    const child = spawn(ownNode, [fileURLToPath(import.meta.url), file, ...args], { stdio: 'inherit' });
    // On a terminal Ctrl-C reaches the child by itself. A second one would mean "exit at once".
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on('error', ({ message }) =>
      fail(`the Node of SpendWise cannot be started: ${message}`, 'is it made for this machine?'),
    );
    child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
  } else {
    fail(
      `SpendWise needs Node ${NEEDED}; this is Node ${process.versions.node}`,
      INSTALLED
        ? 'its own is missing: allow npm the install script of `node`, then run `npm rebuild node`'
        : 'run `npm ci` in the clone: it brings its own Node',
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) launch(process.argv[2], process.argv.slice(3));
