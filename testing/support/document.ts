import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from './run.ts';

/** A fenced block: its language, the words that follow it, its text. */
export interface Block {
  readonly section: string;
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

/** The fenced blocks of a document of this clone, in order; what stands in for the reader's own is put in. */
export function blocksOf(file: string, stands: Readonly<Record<string, string>> = {}): Block[] {
  const blocks: Block[] = [];
  let section = '';
  let open: { language: string; words: string[]; lines: string[] } | undefined;
  for (const line of readFileSync(join(REPO, file), 'utf8').split('\n')) {
    if (open === undefined) {
      section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
      const [language = '', ...words] = /^```(.+)$/.exec(line)?.[1]?.split(' ') ?? [];
      if (language !== '') open = { language, words, lines: [] };
    } else if (line === '```') {
      const written = open.lines.map((text) => `${text}\n`).join('');
      const text = Object.entries(stands).reduce((now, [from, to]) => now.replaceAll(from, to), written);
      blocks.push({ section, language: open.language, words: open.words, text });
      open = undefined;
    } else open.lines.push(line);
  }
  return blocks;
}

/**
 * Where what was printed is not what a document shows; undefined when it is. `…` stands for anything within a line, and
 * on a line of its own for any lines.
 */
export function difference(shown: string, printed: string): string | undefined {
  const [want, got] = [shown, printed].map((text) => text.trimEnd().split('\n')) as [string[], string[]];
  const fits = (from: number, at: number): boolean => {
    if (from === want.length) return at === got.length;
    if (want[from] === '…') return fits(from + 1, at) || (at < got.length && fits(from, at + 1));
    return at < got.length && lineFits(want[from] ?? '', got[at] ?? '') && fits(from + 1, at + 1);
  };
  return fits(0, 0) ? undefined : `shown:\n${shown}\nprinted:\n${printed}`;
}

function lineFits(shown: string, printed: string): boolean {
  const parts = shown.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(printed);
}
