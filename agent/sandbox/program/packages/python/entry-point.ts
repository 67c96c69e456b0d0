import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NotConfigured } from '../../../foundation/errors.ts';
import { normalized } from './markers.ts';

const MAX_BYTES = 1024 * 1024;
/** A module, and what is called in it. */
const OBJECT =
  /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*:\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?:\[[^\]]*\])?$/;

/** What the package calls its own program, as uvx would choose it: the body of a script that runs it. Throws NotConfigured. */
export function ownProgram(packages: string, name: string): string {
  const own = normalized(name);
  const scripts = consoleScripts(packages, own);
  const only = scripts.size === 1 ? [...scripts.keys()][0] : undefined;
  const chosen = [...scripts.keys()].find((script) => normalized(script) === own) ?? only;
  if (chosen === undefined) {
    const module = own.replaceAll('-', '_');
    if (scripts.size === 0 && existsSync(join(packages, module, '__main__.py')))
      return `import runpy\nrunpy.run_module('${module}', run_name='__main__', alter_sys=True)`;
    const named = [...scripts.keys()].join(', ');
    throw new NotConfigured(
      `${name} ${named === '' ? 'has no program to run' : `has several programs (${named}), none with its own name`}`,
      'it may be a library; a server has one console script, or a module with __main__',
    );
  }
  const [, module, attribute] = OBJECT.exec(scripts.get(chosen) ?? '') ?? [];
  if (module === undefined || attribute === undefined)
    throw new NotConfigured(`${name}: its program ${chosen} names no function`, 'the package is broken');
  const [first] = attribute.split('.');
  return `from ${module} import ${first}\nsys.exit(${attribute}())`;
}

/** By name, as `entry_points.txt` has them. */
function consoleScripts(packages: string, own: string): Map<string, string> {
  const info = readdirSync(packages).find(
    (entry) => entry.endsWith('.dist-info') && normalized(entry.replace(/-[^-]*\.dist-info$/, '')) === own,
  );
  const file = join(packages, info ?? '', 'entry_points.txt');
  if (info === undefined || !existsSync(file)) return new Map();
  if (statSync(file).size > MAX_BYTES)
    throw new NotConfigured(`${own}: its list of programs is over 1 MB`, 'the package is broken');
  const scripts = new Map<string, string>();
  let section = '';
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    const head = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (head !== undefined) section = head.trim();
    const [, script, object] = /^\s*([\w][\w.-]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    if (section === 'console_scripts' && script !== undefined && object !== undefined)
      scripts.set(script, object);
  }
  return scripts;
}
