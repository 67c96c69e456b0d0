import type { AgentEvent } from '../loop.ts';
import { plainText } from '../plain-text.ts';
import type { Usage } from '../run-meter.ts';
import type { Note } from '../runs/event.ts';
import type { CallOutcome } from '../tools/door.ts';
import { oneLine, shorten } from './one-line.ts';
import type { Theme } from './theme.ts';

export interface NarratorStreams {
  /** Where the model's words go. */
  readonly words: NodeJS.WritableStream;
  /** Where tool calls and refusals go. */
  readonly steps: NodeJS.WritableStream;
  readonly theme: Theme;
}

/** The run is over, however: what is told next begins on a line of its own. */
export interface Over {
  readonly type: 'end';
}

/** Tells a run as it happens: streamed words, each tool call, each refusal. */
export function narrator({
  words,
  steps,
  theme,
}: NarratorStreams): (event: AgentEvent | Note | Over) => void {
  const [arrow, tick, cross] = theme.unicode ? ['→', '✓', '✗'] : ['->', 'ok', 'x'];
  let midLine = false;
  let streamed = '';
  let used: Usage | undefined;
  const breakLine = () => {
    if (midLine) words.write('\n');
    midLine = false;
  };
  return (event) => {
    switch (event.type) {
      case 'text': {
        const text = plainText(event.delta);
        words.write(text);
        streamed += event.delta;
        if (text !== '') midLine = !text.endsWith('\n');
        break;
      }
      case 'retry': {
        const seconds = Math.max(1, Math.round(event.inMs / 1000));
        steps.write(`${theme.dim(`${plainText(event.reason)}; trying again in ${seconds} s`)}\n`);
        break;
      }
      case 'usage':
        used = event.usage;
        break;
      case 'call':
        breakLine();
        streamed = '';
        steps.write(
          `${theme.cyan(`${arrow} ${shorten(oneLine(event.call.name), MAX_NAME)}`)} ${theme.dim(args(event.call.arguments))}\n`,
        );
        break;
      case 'outcome': {
        const [good, said] = verdict(event.outcome);
        steps.write(`  ${good ? theme.green(tick) : theme.red(cross)} ${good ? theme.dim(said) : said}\n`);
        break;
      }
      case 'note':
        breakLine();
        steps.write(`${theme.yellow(plainText(event.text))}\n`);
        break;
      case 'end':
        breakLine();
        streamed = '';
        break;
      case 'answer':
        breakLine();
        // An endpoint may give the answer whole, without streaming it.
        if (streamed === '') words.write(`${plainText(event.text)}\n`);
        streamed = '';
        if (used) steps.write(`${theme.dim(usageLine(used))}\n`);
        break;
    }
  };
}

/** `3 model calls, 4,210 tokens in, 96 out, about $0.0021`. No cost where the prices are not known. */
function usageLine({ calls, inputTokens, outputTokens, estimatedCostUsd }: Usage): string {
  const count = (number: number) => number.toLocaleString('en-US');
  const line = `${calls} model ${calls === 1 ? 'call' : 'calls'}`;
  if (inputTokens + outputTokens === 0) return `${line}, tokens not counted`;
  const cost = estimatedCostUsd === undefined ? '' : `, about ${dollars(estimatedCostUsd)}`;
  return `${line}, ${count(inputTokens)} tokens in, ${count(outputTokens)} out${cost}`;
}

/** Two digits that mean something, also far below a cent. */
const dollars = (amount: number): string =>
  `$${amount >= 1 || amount === 0 ? amount.toFixed(2) : amount.toFixed(Math.min(6, 1 - Math.floor(Math.log10(amount))))}`;

function verdict(outcome: CallOutcome): [good: boolean, said: string] {
  if (outcome.kind === 'denied') return [false, `denied by the tool policy: ${said(outcome.reason)}`];
  if (outcome.kind === 'invalid') return [false, said(outcome.reason)];
  const { isError, structured, text } = outcome.result;
  const status = structured?.status;
  if (typeof status === 'string') {
    const error = structured?.error as { message?: string; hint?: string } | undefined;
    const details = [structured?.sid, structured?.reason, error?.message, error?.hint];
    return [!isError, said([status, ...details.filter((detail) => typeof detail === 'string')].join(', '))];
  }
  return [!isError, shorten(oneLine(text), 100)];
}

/** What a model or a server says must not fill the screen that a question stands on. */
const MAX_NAME = 64;
const MAX_SAID = 500;
const said = (text: string): string => shorten(oneLine(text), MAX_SAID);
const args = (raw: string): string => shorten(oneLine(raw), 160);
