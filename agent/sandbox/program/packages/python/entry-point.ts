import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NotConfigured } from '../../../foundation/errors.ts';
import { normalized } from './markers.ts';

const MAX_BYTES = 1024 * 1024;
/** A module, and what is called in it. */
const OBJECT =
  /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*:\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?:\[[^\]]*\])?$/;

/**
 * The body of a script that runs a package's program: the console script of that name, else the one with the package's
 * name, or its only one, else its module. Throws NotConfigured.
 */
export function ownProgram(packages: string, name: string, program: string | undefined): string {
  const own = normalized(name);
  const scripts = consoleScripts(packages, own);
  if (program !== undefined) {
    if (scripts.has(program)) return starting(name, program, scripts);
    const named = [...scripts.keys()].join(', ') || 'none';
    throw new NotConfigured(`${name} has no console script ${program}`, `it has: ${named}`);
  }
  const only = scripts.size === 1 ? [...scripts.keys()][0] : undefined;
  const chosen = [...scripts.keys()].find((script) => normalized(script) === own) ?? only;
  if (chosen === undefined) {
    const module = own.replaceAll('-', '_');
    if (scripts.size === 0 && existsSync(join(packages, module, '__main__.py')))
      return `import runpy\nrunpy.run_module('${module}', run_name='__main__', alter_sys=True)`;
    const named = [...scripts.keys()].join(', ');
    throw new NotConfigured(
      `${name} ${named === '' ? 'has no program to run' : `has several programs (${named}), none with its own name`}`,
      named === '' ? 'it may be a library' : 'name one of them as "program" in the manifest',
    );
  }
  return starting(name, chosen, scripts);
}

function starting(name: string, chosen: string, scripts: ReadonlyMap<string, string>): string {
  const [, module, attribute] = OBJECT.exec(scripts.get(chosen) ?? '') ?? [];
  if (module === undefined || attribute === undefined)
    throw new NotConfigured(`${name}: its program ${chosen} names no function`, 'the package is broken');
  const [first] = attribute.split('.');
  return `from ${module} import ${first}\nsys.exit(${attribute}())`;
}

/** A file of its metadata, such as `WHEEL`; empty where there is none. Throws NotConfigured. */
export function metadataFile(packages: string, own: string, name: string): string {
  const info = readdirSync(packages).find(
    (entry) => entry.endsWith('.dist-info') && normalized(entry.replace(/-[^-]*\.dist-info$/, '')) === own,
  );
  const file = join(packages, info ?? '', name);
  if (info === undefined || !existsSync(file)) return '';
  if (statSync(file).size > MAX_BYTES)
    throw new NotConfigured(`${own}: its ${name} is over 1 MB`, 'the package is broken');
  return readFileSync(file, 'utf8');
}

/** By name, as `entry_points.txt` has them. */
function consoleScripts(packages: string, own: string): Map<string, string> {
  const text = metadataFile(packages, own, 'entry_points.txt');
  const scripts = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (head !== undefined) section = head.trim();
    const [, script, object] = /^\s*([\w][\w.-]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (section === 'console_scripts' && script !== undefined && object !== undefined)
      scripts.set(script, object);
  }
  return scripts;
}
