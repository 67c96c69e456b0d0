import type { AlertReport } from '../../../agent/alerts/alert-run.ts';
import type { IntentState } from '../../../agent/alerts/ledger/row.ts';
import { type Ran, REPO, run } from '../../support/run.ts';
import type { Home } from './home.ts';
import type { RuntimeName } from './victims.ts';

/** A run that is stuck shows as a violation; nothing here takes a minute, even on a machine with much else to do. */
const STUCK_MS = 180_000;

export interface AlertRun extends Ran {
  /** Undefined: it printed none, as a killed one may. */
  readonly report: AlertReport | undefined;
  readonly milliseconds: number;
}

export interface StartedRun {
  /** Of the host. */
  readonly pid: number;
  readonly ended: Promise<AlertRun>;
}

const OPTIONS = ['--yes', '--json', '--runtime'];

/** The real command. */
export const startAlert = (home: Home, runtime: RuntimeName): StartedRun =>
  start('agent/spendwise.js', ['alert', ...OPTIONS, runtime], home);

/** The same command in a host that kills itself at a step. */
export const startMortalAlert = (home: Home, runtime: RuntimeName, step: string, nth: number): StartedRun =>
  start(
    'agent/run.js',
    [`${REPO}testing/laboratory/crashes/mortal-host.ts`, step, String(nth), runtime],
    home,
  );

/** A request to the agent, whose model stands at `model`. */
export const startAgent = (home: Home, runtime: RuntimeName, model: URL): StartedRun =>
  start(
    'agent/spendwise.js',
    ['agent', 'ask', '--no-page', ...OPTIONS, runtime, 'Send budget alerts'],
    home,
    {
      OPENAI_BASE_URL: model.href,
    },
  );

export interface HistoryEntry {
  readonly id: number;
  readonly state: IntentState;
  readonly at: string;
  readonly alert?: {
    readonly category: string;
    readonly period: string;
    readonly threshold: number | string;
    readonly spentMinor: number;
    readonly limitMinor: number;
  };
  readonly body: string;
  readonly sid?: string;
  readonly reason?: string;
}

/** What `alert history` says; a string is why it could not. */
export async function readHistory({ env, folder }: Home): Promise<HistoryEntry[] | string> {
  const options = { env, cwd: folder, timeoutMs: STUCK_MS };
  const ran = await run('agent/spendwise.js', ['alert', 'history', '--json', '--limit', '1000'], options);
  if (ran.code !== 0) return `alert history ended with ${ran.code ?? ran.signal}: ${ran.stderr.trim()}`;
  return (JSON.parse(ran.stdout) as { history: HistoryEntry[] }).history;
}

function start(file: string, args: readonly string[], home: Home, more = {}): StartedRun {
  const began = performance.now();
  let pid: number | undefined;
  const ran = run(file, args, {
    env: { ...home.env, ...more },
    cwd: home.folder,
    timeoutMs: STUCK_MS,
    onStart: (_, its) => {
      pid = its;
    },
  });
  if (pid === undefined) throw new Error(`${file} could not be started`);
  const ended = ran.then((each) => ({
    ...each,
    report: reportIn(each.stdout),
    milliseconds: performance.now() - began,
  }));
  return { pid, ended };
}

function reportIn(stdout: string): AlertReport | undefined {
  try {
    return JSON.parse(stdout) as AlertReport;
  } catch {
    return undefined;
  }
}
