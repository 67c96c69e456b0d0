import type { Busy } from '../foundation/busy.ts';
import type { SpendwiseError } from '../foundation/errors.ts';
import { jsonLine } from '../foundation/shown/json-line.ts';
import { ours, type Shown, shown, shownLines } from '../foundation/shown/shown.ts';
import type { EgressEvent } from '../plan/egress.ts';
import { err } from './screen.ts';
import { type Theme, themeFor } from './theme.ts';
import { begin, busyWith, workingOn } from './working.ts';

/** The output of `sandbox run` on stderr: text, or with `--json-log` JSON lines `{time, level, …}`. */
export interface RunLog {
  readonly theme: Theme;
  /** A line with its style applied. */
  readonly say: (line: Shown) => void;
  /** Text from outsiders is made safe here. */
  readonly info: (line: string) => void;
  readonly busy: Busy;
  readonly warn: (line: string) => void;
  /** Network decisions, so that the author of a server can understand a refusal. */
  readonly egress: (event: EgressEvent) => void;
  /** A line of the server's stderr. Made safe here. */
  readonly stderr: (server: string, line: string) => void;
  /** The error that ends the run. Returns true if it was printed here. */
  readonly error: (error: SpendwiseError) => boolean;
}

const MOST = 2_000;

/** In one line, behind the name of the server, so that it does not look like ours. */
export const serverLine = (server: string, line: string): Shown =>
  shownLines(line.replace(/[\r\v\f\u0085\u2028\u2029]+/g, ' ').trimEnd(), ours`${shown(server)}: `, {
    lines: 1,
    characters: MOST,
  });

export function runLog(json: boolean): RunLog {
  const theme = themeFor(process.stderr);
  const record = (level: string, rest: object) =>
    err.line(jsonLine({ time: new Date().toISOString(), level, ...rest }));
  if (json) {
    const bare = { ...theme, alarm: (text: Shown) => text, animated: false };
    const info = (message: string) => record('info', { message });
    return {
      theme: bare,
      say: (message) => record('warn', { message }),
      info,
      busy: busyWith(workingOn(err, bare, info)),
      warn: (message) => record('warn', { message }),
      egress: (event) => record(event.verdict === 'allowed' ? 'info' : 'warn', { event: 'egress', ...event }),
      stderr: (server, line) => record('info', { event: 'stderr', server, line: line.slice(0, MOST) }),
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
    busy: busyWith(begin),
    warn: (line) => err.line(theme.yellow(shown(line, MOST))),
    egress: ({ host, port, verdict, reason }) => {
      if (verdict !== 'allowed')
        err.line(theme.yellow(ours`${shown(verdict)}: ${shown(host)}:${port}: ${shown(reason)}`));
    },
    stderr: (server, line) => err.line(theme.dim(serverLine(server, line))),
    error: () => false,
  };
}
