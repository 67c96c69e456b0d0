import { lookup } from 'node:dns/promises';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOfflineBase, OFFLINE_BASE } from '../../agent/sandbox/images/offline-base.ts';
import { bubblewrapAvailable } from '../support/bubblewrap.ts';
import { docker, dockerAvailable } from '../support/docker.ts';
import { dockerRequired } from '../support/docker-required.ts';
import { type Block, blocksOf, difference } from '../support/document.ts';
import { type ReaderShell, readerShell, terminalAvailable } from '../support/reader-shell.ts';
import { REPO } from '../support/run.ts';

/** The chapter, block by block, as a reader goes through it: in a folder of their own, on a terminal. */
const TUTORIAL = 'agent/sandbox/TUTORIAL.md';
const START = 'Five commands';
const PROCESS = 'With neither Docker nor bubblewrap';
const DOCKER_ONLY = 'Give the thief the firewall';

if (!terminalAvailable) {
  if (dockerRequired) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no `script` of util-linux');
  process.stderr.write('SKIPPED: no `script` of util-linux, which makes a terminal: the tutorial\n');
}

/** A machine without the internet sees other lines at two places: the chapter shows both. */
const reached = async (): Promise<boolean> => {
  await lookup('example.com');
  return (await fetch('https://example.com/', { signal: AbortSignal.timeout(5_000) })).ok;
};
const here = (await reached().catch(() => false)) ? 'online' : 'offline';
const isOutput = ({ language, words: [kind = here] }: Block): boolean =>
  language === 'text' && ['online', 'offline'].includes(kind);

/** Which runtime `auto` took and why, and the shell's own notes on jobs: of the machine, not of the chapter. */
const NOT_SHOWN = /^(base image: |building the images |pulling |no Docker \(|\[\d+\][ +-])/;

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return String(typeof address === 'object' ? address?.port : undefined);
}

class Reader {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spendwise-test-reader-'));
  readonly #shell: ReaderShell;
  readonly #blocks: readonly Block[];

  private constructor(env: Record<string, string>, stands: Record<string, string>) {
    const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
    this.#shell = readerShell(this.#folder, {
      // The machine's Node, whatever it is; ours where there is no other.
      PATH: [...path, dirname(process.execPath)].join(delimiter),
      HOME: this.#folder,
      SPENDWISE_STATE_DIR: join(this.#folder, 'state'),
      ...env,
    });
    this.#blocks = blocksOf(TUTORIAL, stands);
  }

  static async open(env: Record<string, string>): Promise<Reader> {
    return new Reader(env, {
      '/path/to/spendwise': REPO.replace(/\/$/, ''),
      '8765': await freePort(),
      '8766': await freePort(),
      'busybox sh': `${OFFLINE_BASE} sh`,
    });
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

  #write(block: Block): void {
    const [file] = block.words;
    if (isOutput(block) || file === undefined) return;
    const path = join(this.#folder, 'my-server', file);
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
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
const sections = [...new Set(blocksOf(TUTORIAL).map(({ section }) => section))];

describe.each([
  { runtime: 'docker', env: {}, available: dockerAvailable },
  { runtime: 'bubblewrap', env: noEngine, available: bubblewrapAvailable },
])('on $runtime, the chapter is true:', ({ runtime, env, available }) => {
  let reader: Reader;
  const runs = available && terminalAvailable;
  beforeAll(async () => {
    if (!runs) return;
    if (runtime === 'docker' && !docker('images', '-q', OFFLINE_BASE)) await makeOfflineBase();
    reader = await Reader.open(env);
  });
  afterAll(() => reader?.close());

  const told = sections.filter((name) => name !== PROCESS && (runtime === 'docker' || name !== DOCKER_ONLY));
  test.skipIf(!runs).each(told)('%s', (section) => reader.read(section), 600_000);
});

test.skipIf(!terminalAvailable)(`on process, the chapter is true: ${PROCESS}`, async () => {
  const reader = await Reader.open({});
  try {
    await reader.read(START, 2);
    await reader.read(PROCESS);
  } finally {
    await reader.close();
  }
});
