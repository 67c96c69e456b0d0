import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences of the packages that a bundle holds. `inputs`: its files, below `home`. */
export function licencesOf(home: string, inputs: readonly string[]): string {
  const packages = new Map<string, string>();
  for (const input of inputs) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder !== undefined) packages.set(folder.replace(/^.*node_modules\//, ''), join(home, folder));
  }
  return [...packages].sort().map(licence).join('\n');
}

/** Some packages have their licence in the README alone. */
function licence([name, folder]: [string, string]): string {
  const files = readdirSync(folder);
  const read = (file = '') => readFileSync(join(folder, file), 'utf8');
  const own = files.find((file) => /^(licen[cs]e|copying)/i.test(file));
  const readme = files.find((file) => /^readme/i.test(file));
  const text = own ? read(own) : (readme && /^#* *licen[cs]e\b[\s\S]*/im.exec(read(readme))?.[0]) || '';
  return `== ${name} (${JSON.parse(read('package.json')).license})\n\n${text.trim()}\n`;
}
