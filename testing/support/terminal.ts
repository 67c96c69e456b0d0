import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished, test } from 'vitest';
import { asShown } from './as-shown.ts';
import { dockerRequired } from './docker-required.ts';
import { REPO } from './run.ts';

const WAIT_MS = 90_000;

/** util-linux's `script` makes the terminal. */
const available = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');
if (!available) {
  if (dockerRequired) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no `script` of util-linux');
  process.stderr.write('SKIPPED: no `script` of util-linux, which makes a terminal\n');
}
export const testOnTerminal = test.skipIf(!available);

export interface Terminal {
  /** Waits until this is shown after what was waited for last; gives what came up to its end, without colours. */
  until(pattern: RegExp): Promise<string>;
  /** Keys, as they are typed. */
  type(keys: string): void;
  /** All that was shown so far. */
  shown(): string;
  /** The same as it came, with colours and movements of the cursor. */
  raw(): string;
  readonly exitCode: Promise<number | null>;
  /** Closes the window. */
  close(): void;
}

export const CTRL_C = '\x03';
export const CTRL_D = '\x04';
export const UP = '\x1b[A';

/** `spendwise` on a pseudo-terminal of its own, with a person at the keys. Wide: what is waited for is in one line. */
export function spendwiseOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = REPO,
): Terminal {
  return onTerminal(`exec ${SPENDWISE} ${args.map((word) => `'${word}'`).join(' ')}`, env, cwd);
}

/** As a shell has it. */
export const SPENDWISE = `'${process.execPath}' '${REPO}agent/spendwise.js'`;

/** What a shell does on a pseudo-terminal. */
export function onTerminal(
  commands: string,
  env: Readonly<Record<string, string>>,
  cwd = REPO,
  columns = 400,
): Terminal {
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 40; ${commands}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const close = () => void child.kill('SIGKILL');
  onTestFinished(close);
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  child.stdin.on('error', () => {});
  const shown = () => asShown(screen);
  let from = 0;
  return {
    shown,
    raw: () => screen,
    type: (keys) => void child.stdin.write(keys),
    close,
    exitCode: once(child, 'exit').then(([code]) => code),
    async until(pattern) {
      for (const deadline = Date.now() + WAIT_MS; ; await delay(20)) {
        const rest = shown().slice(from);
        const match = pattern.exec(rest);
        if (match) {
          const end = match.index + match[0].length;
          from += end;
          return rest.slice(0, end);
        }
        if (Date.now() > deadline) throw new Error(`${pattern} was not shown:\n${rest}`);
      }
    },
  };
}
