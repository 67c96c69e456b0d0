import { counted, joined, ours, type Shown, shown } from '../../foundation/shown/shown.ts';
import type { Field, HttpRule } from '../../manifest/http-rules.ts';
import { namePermission } from '../../manifest/index.ts';
import type { JsonShape } from '../../manifest/json-shape.ts';
import type { Hopeless, Proposal, Proposals, Wanted } from './proposals.ts';

export interface Report extends Proposals {
  readonly server: string;
  /** ISO 8601; undefined without a grant. */
  readonly since: string | undefined;
  readonly runs: number;
  /** Denials that were counted and not kept apart. */
  readonly further: number;
}

/** More than a person reads; `--json` has all. */
const MAX_SHOWN = 50;

export function describeReport(report: Report, path: string, command: string): Shown[] {
  const { server, since, runs, proposals, hopeless } = report;
  const [ownCommand, file] = [shown(command), shown(path, 2_000)];
  const when = since === undefined ? ours`so far` : ours`since the last grant (${shown(since)})`;
  const open = proposals.some(({ asked }) => !asked);
  const grant = ours`${ownCommand} grant ${file}`;
  return [
    ours`${shown(server)}: ${counted(runs, 'run')} ${when}`,
    ...describeFound(report),
    ...(proposals.length + hopeless.length === 0 ? [ours`nothing was denied`] : []),
    ...(open ? [ours`next: ${ownCommand} propose ${file} --write 1,…|all, then ${grant}`] : []),
    ...(!open && proposals.length > 0 ? [ours`next: ${grant}`] : []),
  ];
}

/** What was denied, in lines; the proposals with their numbers. */
export const describeFound = ({ proposals, hopeless, further }: Report): Shown[] => [
  ...few(proposals.map(describeProposal)),
  ...(hopeless.length > 0 ? [ours`  no permission would allow these:`] : []),
  ...few(hopeless.map(describeHopeless)),
  ...(further > 0 ? [ours`  and ${further} denials of other kinds`] : []),
];

/** `chosen`: those that were written. */
export const reportAsJson = (report: Report, chosen: readonly Proposal[]): object => ({
  server: report.server,
  since: report.since ?? null,
  runs: report.runs,
  ...foundAsJson(report, chosen),
});

export const foundAsJson = (report: Report, chosen: readonly Proposal[]): object => ({
  proposals: report.proposals.map((proposal, at) => ({
    number: at + 1,
    ...wantedAsJson(proposal),
    ...seenAsJson(proposal),
    warning: proposal.warning ?? null,
    asked: proposal.asked,
    written: chosen.includes(proposal),
  })),
  hopeless: report.hopeless.map((denial) => ({ ...denial, ...seenAsJson(denial) })),
  further: report.further,
});

/** `null` in `during` is before any call. */
const seenAsJson = ({ times, during }: Pick<Proposal, 'times' | 'during'>) => ({
  times,
  during: [...during].map((tool) => tool ?? null),
});

function few(lines: readonly Shown[]): Shown[] {
  const left = lines.length - MAX_SHOWN;
  return left > 0
    ? [...lines.slice(0, MAX_SHOWN), ours`  … and ${left} more: --json shows them`]
    : [...lines];
}

function describeProposal(proposal: Proposal, at: number): Shown {
  const notes = [
    ...(proposal.asked ? [ours`already in the manifest, but not granted`] : []),
    ...(proposal.warning ? [shown(proposal.warning)] : []),
  ];
  const note = notes.length > 0 ? ours` (${joined(notes, '; ')})` : ours``;
  return ours`  ${at + 1}. ${nameOf(proposal)}: ${seen(proposal)}${note}`;
}

const describeHopeless = (denial: Hopeless): Shown =>
  ours`    ${shown(denial.host, 200)}:${denial.port}: ${shown(denial.why)}: ${seen(denial)}`;

function seen({ times, during }: Pick<Proposal, 'times' | 'during'>): Shown {
  const tools = [...during]
    .slice(0, 3)
    .map((tool) => (tool === undefined ? ours`at start` : ours`during ${shown(tool, 60)}`));
  const more = during.size > tools.length ? ours` and ${during.size - tools.length} others` : ours``;
  return ours`${times === 1 ? ours`once` : ours`${times} times`}, ${joined(tools, ', ')}${more}`;
}

export function nameOf(wanted: Wanted): Shown {
  if (wanted.kind === 'permission') return namePermission(wanted.permission);
  const { domain, port, rule } = wanted;
  return ours`rule of ${shown(domain)}:${port}: ${describeRule(rule)}`;
}

const MAX_RULE = 300;

function describeRule({ method, path, query, form, json }: HttpRule): Shown {
  const fields = (where: string, given: Readonly<Record<string, Field>> | undefined) =>
    given === undefined
      ? []
      : [
          `${where} ${
            Object.entries(given)
              .map(([name, field]) => `${name} (${inWords(field)})`)
              .join(', ') || 'empty'
          }`,
        ];
  const parts = [`${method} ${path}`, ...fields('query', query), ...fields('form', form)];
  if (json !== undefined) parts.push(`JSON ${shapeInWords(json)}`);
  return shown(parts.join('; '), MAX_RULE);
}

function inWords(field: Field): string {
  if ('equalsEnv' in field) return `= ${field.equalsEnv}`;
  if ('integer' in field) return `${field.integer.min}…${field.integer.max}`;
  return 'maxLength' in field ? `≤ ${field.maxLength}` : 'fixed';
}

function shapeInWords(shape: JsonShape): string {
  if (shape === true) return 'anything';
  if ('equalsEnv' in shape) return `= ${shape.equalsEnv}`;
  if ('anyOf' in shape) return shape.anyOf.map(shapeInWords).join(' or ');
  if ('properties' in shape)
    return `{${Object.entries(shape.properties)
      .map(([name, part]) => `${name}: ${shapeInWords(part)}`)
      .join(', ')}}`;
  if ('items' in shape) return `up to ${shape.maxItems} of ${shapeInWords(shape.items)}`;
  if ('maxLength' in shape) return `text ≤ ${shape.maxLength}`;
  if (!('type' in shape)) return 'fixed';
  return 'minimum' in shape ? `${shape.minimum}…${shape.maximum}` : shape.type;
}

const wantedAsJson = (wanted: Wanted): object =>
  wanted.kind === 'permission'
    ? { permission: wanted.permission }
    : { rule: wanted.rule, of: { domain: wanted.domain, port: wanted.port } };
