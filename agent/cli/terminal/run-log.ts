import type { EgressEvent } from '@spendwise/sandbox';
import type { SpendwiseError } from '@spendwise/sandbox/errors';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { err } from './screen.ts';
import { type Theme, themeFor } from './theme.ts';

/** What `sandbox run` says on stderr: for a person, or (`--json-log`) as JSON lines `{time, level, …}`. */
export interface RunLog {
  readonly theme: Theme;
  /** A line that has its style already. */
  readonly say: (line: Shown) => void;
  /** Words of others are made safe here. */
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Each decision on a way out: the server's author must be able to understand a refusal. */
  readonly egress: (event: EgressEvent) => void;
  /** The error that ends the run: true when it was written here. */
  readonly error: (error: SpendwiseError) => boolean;
}

const MOST = 2_000;

export function runLog(json: boolean): RunLog {
  const theme = themeFor(process.stderr);
  const record = (level: string, rest: object) =>
    err.line(jsonLine({ time: new Date().toISOString(), level, ...rest }));
  if (json) {
    const bare = { ...theme, alarm: (text: Shown) => text };
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
    say: (line) => err.line(line),
    info: (line) => err.line(theme.dim(shown(line, MOST))),
    warn: (line) => err.line(theme.yellow(shown(line, MOST))),
    egress: ({ host, port, verdict, reason }) => {
      if (verdict !== 'allowed')
        err.line(theme.yellow(ours`${shown(verdict)}: ${shown(host)}:${port}: ${shown(reason)}`));
    },
    error: () => false,
  };
}
