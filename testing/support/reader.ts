import { lookup } from 'node:dns/promises';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type Block, blocksOf, difference } from './document.ts';
import { type ReaderShell, readerShell } from './reader-shell.ts';
import { REPO } from './run.ts';

/** A machine without the internet sees other lines at two places: a document shows both. */
const reached = async (): Promise<boolean> => {
  await lookup('example.com');
  return (await fetch('https://example.com/', { signal: AbortSignal.timeout(5_000) })).ok;
};
const here = (await reached().catch(() => false)) ? 'online' : 'offline';
const isOutput = ({ language, words: [kind = here] }: Block): boolean =>
  language === 'text' && ['online', 'offline'].includes(kind);

/**
 * Which runtime `auto` took and why, what a slow machine is busy with, and the shell's own notes on jobs: of the machine,
 * not of the document.
 */
const NOT_SHOWN =
  /^ *(base image: |building the images |pulling |no Docker \(|starting \S+$|stopping \S+$|\[\d+\][ +-])/;

/** Goes through a document block by block, in a folder of their own, on a terminal. */
export class Reader {
  /** Where the reader begins. */
  readonly folder = mkdtempSync(join(tmpdir(), 'spendwise-test-reader-'));
  readonly #shell: ReaderShell;
  readonly #blocks: readonly Block[];

  /**
   * `stands`: what is put in for the reader's own, besides the path of the clone. `programs`: scripts that stand in for
   * programs of the machine.
   */
  constructor(
    document: string,
    env: Record<string, string>,
    stands: Record<string, string> = {},
    programs: Record<string, string> = {},
  ) {
    const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    for (const [name, script] of Object.entries(programs))
      writeFileSync(join(bin, name), script, { mode: 0o755 });
    this.#shell = readerShell(this.folder, {
      // The machine's Node, whatever it is; ours where there is no other.
      PATH: [bin, ...path, dirname(process.execPath)].join(delimiter),
      HOME: this.folder,
      SPENDWISE_STATE_DIR: join(this.folder, 'state'),
      SPENDWISE_DB: join(this.folder, 'spendwise.db'),
      ...env,
    });
    this.#blocks = blocksOf(document, { '/path/to/spendwise': REPO.replace(/\/$/, ''), ...stands });
  }

  /** Writes the files of a section, runs its commands (at most `commands` of them), compares what they print. */
  async read(section: string, commands = Number.POSITIVE_INFINITY): Promise<void> {
    const blocks = this.#blocks.filter((block) => block.section === section);
    expect(blocks, section).not.toEqual([]);
    let ran = 0;
    for (const [at, block] of blocks.entries()) {
      if (block.language !== 'sh') this.#write(block);
      else if (ran < commands) {
        ran += 1;
        const rest = blocks.slice(at + 1);
        const end = rest.findIndex((next) => !isOutput(next));
        await this.#run(block.text, end < 0 ? rest : rest.slice(0, end));
      }
    }
  }

  /** Types what is not in the document. */
  async type(commands: string, shown: string): Promise<void> {
    await this.#run(commands, [{ section: '', language: 'text', words: [], text: shown }]);
  }

  /** Where the commands that follow are typed. */
  async enter(folder: string): Promise<void> {
    await this.#shell.run(`cd '${folder}'`);
  }

  #write(block: Block): void {
    const [file] = block.words;
    if (isOutput(block) || file === undefined) return;
    const path = join(this.folder, 'my-server', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, block.text);
  }

  async #run(commands: string, outputs: readonly Block[]): Promise<void> {
    const shown = outputs.filter(({ words: [kind = here] }) => kind === here).map(({ text }) => text);
    const answers = [...shown.join('').matchAll(/\[no\] (\w+)$/gm)].map(([, answer = '']) => answer);
    const screen = await this.#shell.run(commands, answers);
    const lines = screen.split('\n').filter((line) => !NOT_SHOWN.test(line));
    const wrong = difference(shown.join(''), lines.join('\n'));
    expect(wrong, commands).toBeUndefined();
  }

  async close(): Promise<void> {
    await this.#shell.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
