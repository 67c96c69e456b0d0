import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { counted, grouped, ours, padded, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Theme, themeFor } from '@spendwise/sandbox/theme';
import { headed } from '@spendwise/sandbox/wrapped';
import { textsOfRun } from '../../../pages/run/reading/parts.ts';
import { isKnown, type KnownEvent, type UnknownEvent } from '../../../runs/event.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import { mayHaveGoneOut } from '../../terminal/run-rows.ts';
import { openRun } from '../agent/open-run.ts';

interface ShowFlags {
  readonly json: boolean;
  /** True without a file. */
  readonly html?: string | true;
}

export async function runsShow(name: string, { json, html }: ShowFlags): Promise<void> {
  const run = openRun(name);
  if (html !== undefined) {
    // What draws pages is slow to load.
    const { makePage, MAX_PATH } = await import('./page.ts');
    const page = await makePage(stateDir(loadEnvironment()), run, html === true ? undefined : html);
    out.line(json ? jsonLine({ page }) : shown(page, MAX_PATH));
    return;
  }
  const { id, events, end, damaged } = run;
  const { out: sent, unknown, gaps } = textsOfRun(stateDir(loadEnvironment()), run);
  const theme = themeFor(process.stdout);
  const texts = { sent: sent.length, unknown: unknown.length };
  const lines = json
    ? [jsonLine({ id, outcome: end?.outcome ?? 'broke off', texts, damaged, events })]
    : events.flatMap((event) => linesOf(event, theme));
  out.line(...lines);
  if (end === undefined) err.line(ours`the run was broken off here, or is not finished`);
  for (const gap of gaps) err.line(shown(gap));
  for (const text of mayHaveGoneOut(texts.unknown)) err.line(ours`${text}: see \`spendwise alert history\``);
}

/** Longer than any result that a model reads. */
const MAX_LINE = 30_000;

function linesOf(event: KnownEvent | UnknownEvent, theme: Theme): Shown[] {
  const what = isKnown(event) ? describe(event) : JSON.stringify({ ...event, time: undefined });
  const head = ours`${theme.dim(shown(event.time))}  ${padded(shown(event.type), 8)}`;
  return headed(head, shown(what, MAX_LINE), out.columns);
}

function describe(event: KnownEvent): string {
  switch (event.type) {
    case 'run':
      return `${event.model.name} (${event.model.kind}), runtime ${event.runtime}, Twilio ${event.twilio}: ${event.prompt}`;
    case 'text':
      return event.delta;
    case 'call':
      return `${event.call.name} ${event.call.arguments}`;
    case 'outcome': {
      const { outcome } = event;
      if (outcome.kind === 'result')
        return `${outcome.result.isError ? 'error' : 'ok'}: ${outcome.result.text}`;
      return `${outcome.kind}: ${outcome.reason}`;
    }
    case 'usage':
      return `so far ${counted(event.usage.calls, 'model call')}, ${counted(event.usage.inputTokens, 'token')} in, ${grouped(event.usage.outputTokens)} out`;
    case 'retry':
      return `in ${event.inMs} ms: ${event.reason}`;
    case 'approval':
      return `${event.tool} to ${event.recipient ?? 'nobody'} (${event.because}): ${event.approved ? 'yes' : 'no'}`;
    case 'answer':
    case 'note':
      return event.text;
    case 'cut':
      return 'later events were not recorded: the file reached its size limit';
    case 'end':
      return event.error ? `${event.outcome}: ${event.error.message}; ${event.error.hint}` : event.outcome;
  }
}
