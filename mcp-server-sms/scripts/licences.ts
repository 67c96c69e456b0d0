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

function licence([name, folder]: [string, string]): string {
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `== ${name} (${license})\n\n${text}\n`;
}
