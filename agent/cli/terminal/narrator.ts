import type { Screen } from '@spendwise/sandbox/screen';
import { counted, grouped, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { StreamedLines } from '@spendwise/sandbox/streamed-lines';
import type { Theme } from '@spendwise/sandbox/theme';
import type { Begin } from '@spendwise/sandbox/working';
import type { AgentEvent } from '../../loop/agent-loop.ts';
import type { Usage } from '../../loop/run-meter.ts';
import { dollars } from '../../models/prices.ts';
import type { Note } from '../../runs/event.ts';
import type { CallOutcome } from '../../tools/door.ts';

export interface NarratorStreams {
  /** Where the model's words go. They get a margin, unless they are the only output to a file or program. */
  readonly words: Screen;
  readonly steps: Screen;
  readonly theme: Theme;
  /** Shows what is waited for; not where a run is only told again. */
  readonly begin?: Begin;
}

/** The run is over, for whatever reason. The next output starts on a new line. */
export interface Over {
  readonly type: 'end';
}

/** Prints a run as it happens: streamed text, tool calls, refusals. */
export function narrator({
  words,
  steps,
  theme,
  begin = () => () => {},
}: NarratorStreams): (event: AgentEvent | Note | Over) => void {
  const [arrow, tick, cross, bar] = theme.plain
    ? [ours`call:`, ours`done:`, ours`not done:`, ours`model:`]
    : theme.unicode
      ? [ours`→`, ours`✓`, ours`✗`, ours`│`]
      : [ours`->`, ours`ok`, ours`x`, ours`|`];
  const oneFile = words.file !== undefined && words.file === steps.file;
  const shared = words.isTerminal || words === steps || oneFile;
  const margin = shared ? ours`${theme.dim(bar)} ` : ours``;
  const lines = new StreamedLines(margin);
  let streamed = false;
  let used: Usage | undefined;
  let waited = begin(MODEL);
  const breakLine = () => {
    words.write(lines.end(), margin);
  };
  const waitFor = (event: AgentEvent | Note | Over) => {
    waited();
    if (event.type === 'call') waited = begin(ours`waiting for ${shown(event.call.name, MAX_NAME)}`);
    if (event.type === 'outcome' || event.type === 'retry') waited = begin(MODEL);
  };
  return (event) => {
    waitFor(event);
    switch (event.type) {
      case 'text': {
        words.writePiece(lines.take(event.delta), margin);
        streamed ||= event.delta !== '';
        break;
      }
      case 'retry': {
        breakLine();
        const seconds = Math.max(1, Math.round(event.inMs / 1000));
        steps.line(theme.dim(ours`${shown(event.reason)}; trying again in ${seconds} s`));
        break;
      }
      case 'usage':
        used = event.usage;
        break;
      case 'call':
        breakLine();
        streamed = false;
        steps.line(
          ours`${theme.cyan(ours`${arrow} ${shown(event.call.name, MAX_NAME)}`)} ${theme.dim(shown(event.call.arguments, MAX_ARGUMENTS))}`,
        );
        break;
      case 'outcome': {
        const [good, said] = verdict(event.outcome);
        steps.line(ours`  ${good ? theme.green(tick) : theme.red(cross)} ${good ? theme.dim(said) : said}`);
        break;
      }
      case 'note':
        breakLine();
        steps.line(theme.yellow(shown(event.text, MAX_SAID)));
        break;
      case 'end':
        breakLine();
        streamed = false;
        break;
      case 'answer':
        breakLine();
        // Some endpoints do not stream the answer.
        if (!streamed) words.write(ours`${lines.take(event.text)}${lines.end()}`, margin);
        streamed = false;
        if (used) steps.line(theme.dim(usageLine(used)));
        break;
    }
  };
}

const MODEL = ours`waiting for the model`;

/** `3 model calls, 4,210 tokens in, 96 out, about $0.0021`. Without cost if the prices are not known. */
function usageLine({ calls, inputTokens, outputTokens, estimatedCostUsd }: Usage): Shown {
  const line = counted(calls, 'model call');
  if (inputTokens + outputTokens === 0) return ours`${line}, tokens not counted`;
  const cost = estimatedCostUsd === undefined ? ours`` : ours`, about ${shown(dollars(estimatedCostUsd))}`;
  return ours`${line}, ${counted(inputTokens, 'token')} in, ${grouped(outputTokens)} out${cost}`;
}

function verdict(outcome: CallOutcome): [good: boolean, said: Shown] {
  if (outcome.kind === 'denied') return [false, ours`denied by the tool policy: ${said(outcome.reason)}`];
  if (outcome.kind === 'invalid') return [false, said(outcome.reason)];
  const { isError, structured, text } = outcome.result;
  const status = structured?.status;
  if (typeof status === 'string') {
    const error = structured?.error as { message?: string; hint?: string } | undefined;
    const details = [structured?.sid, structured?.reason, error?.message, error?.hint];
    return [!isError, said([status, ...details.filter((detail) => typeof detail === 'string')].join(', '))];
  }
  return [!isError, shown(text, 100)];
}

/** Limits, so that text from outsiders cannot push a question off the screen. */
const MAX_NAME = 64;
const MAX_SAID = 500;
const MAX_ARGUMENTS = 160;
const said = (text: string): Shown => shown(text, MAX_SAID);
