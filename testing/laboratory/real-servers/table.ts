import type { Listed } from './list-tools.ts';
import { RUNTIMES, type Sandboxed, type Trial } from './trial.ts';

const TITLES: Readonly<Record<Sandboxed, string>> = { docker: 'Docker', bubblewrap: 'bubblewrap' };

/** Why a list differs, or a server does not start, where somebody has looked. By package. */
export type Reasons = Readonly<Record<string, string>>;

/** The findings as the page has them: a row for each server, totals, and what differs. */
export function findings(trials: readonly Trial[], runtimes: readonly Sandboxed[], reasons: Reasons): string {
  const rows = trials.map((trial) => row(trial, runtimes));
  const differing = trials.filter((trial) => runtimes.some((runtime) => !isSame(trial, runtime)));
  return [
    `${trials.length} servers. As a plain process, ${trials.filter(({ plain }) => plain.ok).length} list their tools. ` +
      `The same list in the sandbox: ${runtimes.map((runtime) => `${TITLES[runtime]} ${sameIn(trials, runtime)}`).join(', ')}.`,
    '',
    `| server | MCP library | plainly | ${runtimes.map((runtime) => TITLES[runtime]).join(' | ')} | tried, and denied |`,
    `|---|---|---|${runtimes.map(() => '---|').join('')}---|`,
    ...rows,
    ...(differing.length === 0
      ? []
      : ['', ...differing.map(({ server }) => because(server.packageName, reasons))]),
  ].join('\n');
}

/** Only where there is a list to compare with. */
export const isSame = ({ plain, sandboxed }: Trial, runtime: Sandboxed): boolean =>
  plain.ok && sandboxed[runtime]?.listed.ok === true && sandboxed[runtime].difference === undefined;

const sameIn = (trials: readonly Trial[], runtime: Sandboxed): number =>
  trials.filter((trial) => isSame(trial, runtime)).length;

function row(trial: Trial, runtimes: readonly Sandboxed[]): string {
  const { server, sdk, plain, sandboxed } = trial;
  const denied = new Set(RUNTIMES.flatMap((runtime) => sandboxed[runtime]?.denied ?? []));
  const cells = runtimes.map((runtime) => {
    const found = sandboxed[runtime];
    if (isSame(trial, runtime)) return 'the same';
    return found === undefined ? 'not run' : found.listed.ok ? 'differs' : 'no list';
  });
  const name = `${server.packageName} ${server.packageVersion}`;
  return `| ${[name, sdk, count(plain), ...cells, [...denied].join(', ') || '–'].join(' | ')} |`;
}

const count = (listed: Listed): string =>
  !listed.ok ? 'no list' : listed.tools.length === 1 ? '1 tool' : `${listed.tools.length} tools`;

const because = (name: string, reasons: Reasons): string =>
  `* \`${name}\`: ${reasons[name] ?? 'not examined yet'}`;
