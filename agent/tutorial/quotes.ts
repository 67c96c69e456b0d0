import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TUTORIAL } from './lessons.ts';

/**
 * `npm run quotes`: puts the present text of each named region of the sources into the pages of the tutorial. A quote is
 * a fenced block with `source="PATH#REGION"`, and its place in the sources is between `#region` and `#endregion`.
 */
const CLONE = join(TUTORIAL, '../..');
const QUOTE = /^(```\w+ source="([^"#]+)#([\w-]+)"\n)([\s\S]*?)(^```$)/gm;

export const pages = (): string[] =>
  readdirSync(TUTORIAL, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(TUTORIAL, path));

/** A page with all its quotes as the sources have them now. Throws if a region is missing. */
export const withQuotes = (page: string): string =>
  readFileSync(page, 'utf8').replace(
    QUOTE,
    (_all, head: string, path: string, name: string, _old, end: string) => {
      return `${head}${region(path, name)}${end}`;
    },
  );

function region(path: string, name: string): string {
  const lines = readFileSync(join(CLONE, path), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.trim().endsWith(`#region ${name}`));
  const length = lines.slice(start).findIndex((line) => line.trim().endsWith('#endregion'));
  if (start < 0 || length < 0) throw new Error(`${path} has no region ${name}`);
  const quoted = lines.slice(start + 1, start + length);
  const margin = Math.min(...quoted.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return quoted.map((line) => `${line.slice(margin)}\n`).join('');
}

if (resolve(process.argv[1] ?? '') === import.meta.filename)
  for (const page of pages()) writeFileSync(page, withQuotes(page));
