import type { SpendwiseError } from '../errors.ts';
import { plainText } from '../plain-text.ts';
import type { EgressEvent } from '../sandbox/runtimes/runtime.ts';
import { type Theme, themeFor } from './theme.ts';

/** What `sandbox run` says on stderr: for a person, or (`--json-log`) as JSON lines `{time, level, …}`. */
export interface RunLog {
  readonly theme: Theme;
  /** A line that has its style already. */
  readonly say: (line: string) => void;
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Each decision on a way out: the server's author must be able to understand a refusal. */
  readonly egress: (event: EgressEvent) => void;
  /** The error that ends the run: true when it was written here. */
  readonly error: (error: SpendwiseError) => boolean;
}

export function runLog(json: boolean): RunLog {
  const theme = themeFor(process.stderr);
  const write = (line: string) => void process.stderr.write(`${line}\n`);
  const record = (level: string, rest: object) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, ...rest }));
  if (json) {
    const bare = { ...theme, alarm: (text: string) => text };
    return {
      theme: bare,
      say: (message) => record('warn', { message }),
      info: (message) => record('info', { message }),
      warn: (message) => record('warn', { message }),
      egress: (event) => record(event.verdict === 'allowed' ? 'info' : 'warn', { event: 'egress', ...event }),
      error: ({ message, hint, exitCode }) => {
        record('error', { message, hint, exitCode });
        return true;
      },
    };
  }
  return {
    theme,
    say: write,
    info: (line) => write(theme.dim(line)),
    warn: (line) => write(theme.yellow(line)),
    egress: ({ host, port, verdict, reason }) => {
      if (verdict !== 'allowed')
        write(theme.yellow(`${verdict}: ${plainText(host)}:${port}: ${plainText(reason)}`));
    },
    error: () => false,
  };
}
