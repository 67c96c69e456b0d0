import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asShown } from './as-shown.ts';

const COMMANDS_MS = 120_000;
/** What questions end in. */
const PROMPT = '[no] ';

/** util-linux's `script` makes the terminal. */
export const terminalAvailable = /util-linux/.test(
  spawnSync('script', ['--version']).stdout?.toString() ?? '',
);

export interface ReaderShell {
  /** Types the commands in, and answers to the questions they ask. What the terminal shows then, without colours. */
  run(commands: string, answers?: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** A shell on a terminal, as a reader has one: it stays from one block of a document to the next. */
export function readerShell(folder: string, env: Readonly<Record<string, string>>): ReaderShell {
  const shell = spawn('script', ['-qec', 'bash --noprofile --norc -i', '/dev/null'], {
    cwd: folder,
    env: { ...env, LANG: 'C.UTF-8', TERM: 'xterm', PS1: '', PS2: '', HISTFILE: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let screen = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  let blocks = 0;
  const shown = () => asShown(screen);
  const setUp = (async () => {
    shell.stdin.write(
      "stty -echo cols 250 rows 50; bind 'set enable-bracketed-paste off'; printf '<%s>' up\n",
    );
    while (!shown().includes('<up>')) await delay(20);
  })();
  return {
    async run(commands, answers = []) {
      await setUp;
      blocks += 1;
      const [file, end] = [join(folder, `.block-${blocks}`), `<end ${blocks}>`];
      writeFileSync(file, commands);
      screen = '';
      shell.stdin.write(`. '${file}'; printf '\\n<end %s>' ${blocks}\n`);
      const waiting = [...answers];
      const deadline = Date.now() + COMMANDS_MS;
      for (let asked = 0; !shown().includes(end); await delay(20)) {
        if (Date.now() > deadline) throw new Error(`no end of:\n${commands}\nso far:\n${shown()}`);
        const text = shown();
        if (text.split(PROMPT).length - 1 <= asked || !text.endsWith(PROMPT)) continue;
        asked += 1;
        // A question throws away what was typed before it.
        await delay(100);
        shell.stdin.write(`${waiting.shift() ?? ''}\r`);
      }
      if (waiting.length > 0) throw new Error(`nobody asked for: ${waiting.join(', ')}\n${shown()}`);
      return shown().slice(0, shown().indexOf(end)).replace(/\n$/, '');
    },
    async close() {
      const gone = once(shell, 'exit');
      // What a section that failed has left in the background.
      shell.stdin.write('\x03');
      await delay(200);
      shell.stdin.end('\nfor job in $(jobs -p); do kill -- "-$job"; done; exit\n');
      await Promise.race([gone, delay(10_000)]);
      shell.kill('SIGKILL');
    },
  };
}
