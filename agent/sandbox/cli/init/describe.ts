import { counted, ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import { namePermission } from '../../manifest/index.ts';
import type { ManifestFields } from '../../manifest/manifest.ts';
import type { RuntimePermission } from '../../manifest/permissions.ts';
import type { Report } from '../propose/describe.ts';
import { describeFound, foundAsJson } from '../propose/describe.ts';
import type { Trial } from './trial.ts';

export interface InitReport {
  /** Of the manifest. */
  readonly path: string;
  readonly fields: ManifestFields;
  readonly declared: {
    readonly permissions: readonly RuntimePermission[];
    readonly from: string | undefined;
  };
  /** Undefined where there is no sandbox to run it in. */
  readonly trial: Trial | undefined;
  readonly isolated: boolean;
  readonly proposals: Report;
}

/** What a run with nothing granted does not show. */
const UNSEEN = [
  'paths that it tried to open',
  'ports other than 53, 80 and 443 that it tried at an address',
  'what it does only when a tool is called',
] as const;

const MOST = 2_000;

export function describeInit(report: InitReport, command: string): Shown[] {
  const { path, fields, declared, trial, isolated, proposals } = report;
  const [file, own] = [shown(path, MOST), shown(command)];
  const { packageName, packageVersion } = fields;
  const what = packageVersion === undefined ? shown(fields.name) : shown(`${packageName} ${packageVersion}`);
  const lines = [ours`wrote ${file}: ${what}`];
  for (const permission of declared.permissions)
    lines.push(
      ours`  asks for ${namePermission(permission)} (according to its ${shown(declared.from ?? '')})`,
    );
  const open = proposals.proposals.length > 0;
  const next = ours`next: ${open ? ours`${own} propose ${file} --write 1,…|all, then ` : ours``}${own} grant ${file}`;
  if (trial === undefined)
    return [...lines, ours`not run: a plain process is not a sandbox (--unsandboxed runs it anyway)`, next];
  if (trial.tools === undefined) {
    lines.push(ours`with nothing granted: ${shown(trial.why ?? 'it did not start')}`);
    if (trial.said !== undefined) lines.push(ours`  ${trial.said}`);
  } else {
    const names = shown(trial.tools.join(', ') || 'none', MOST);
    lines.push(
      ours`with nothing granted it starts, and lists ${counted(trial.tools.length, 'tool')}: ${names}`,
    );
  }
  const tried = describeFound(proposals);
  if (!isolated) lines.push(ours`what it tried is not known: it ran as a plain process`);
  else if (tried.length === 0) lines.push(ours`it did not try to reach anything`);
  else lines.push(ours`it tried to reach, and was denied:`, ...tried);
  lines.push(
    ...describeRead(trial, new Set(declared.permissions.map((p) => (p.type === 'env' ? p.name : '')))),
  );
  lines.push(ours`not seen: ${shown(UNSEEN.join('; '))}`);
  return [...lines, next];
}

function describeRead({ read }: Trial, declared: ReadonlySet<string>): Shown[] {
  if (read === undefined) return [ours`which variables it reads is not known: it is not started by \`node\``];
  const { own, dependencies, all } = read;
  const open = own.filter((name) => !declared.has(name));
  // The one that it most likely cannot do without.
  const one = open.find((name) => /(KEY|TOKEN|SECRET|PASSWORD)$/.test(name)) ?? open[0];
  return [
    ours`variables that it read, seen by a hook in its Node (it could hide some): ${shown(own.join(', ') || 'none', MOST)}`,
    ...(dependencies.length > 0
      ? [ours`  read by its dependencies: ${shown(dependencies.join(', '), MOST)}`]
      : []),
    ...(all ? [ours`  it read all variables at once: it may use others`] : []),
    ...(one !== undefined
      ? [ours`  to grant one, add to "runtimePermissions": ${shown(`{ "type": "env", "name": "${one}" }`)}`]
      : []),
  ];
}

export const initAsJson = ({ path, fields, declared, trial, isolated, proposals }: InitReport): object => ({
  manifest: path,
  packageName: fields.packageName,
  packageVersion: fields.packageVersion ?? null,
  integrity: fields.integrity ?? null,
  variables: declared.permissions.map((p) => (p.type === 'env' ? p.name : '')),
  variablesFrom: declared.from ?? null,
  ran: trial !== undefined,
  tools: trial?.tools ?? null,
  why: trial?.why ?? null,
  said: trial?.said ?? null,
  sandboxed: isolated,
  ...foundAsJson(proposals, []),
  read: trial?.read ?? null,
  notSeen: UNSEEN,
});
