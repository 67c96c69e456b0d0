import type { AgentEvent } from '../loop.ts';
import { plainText } from '../plain-text.ts';
import type { CallOutcome } from '../tools/door.ts';
import type { Theme } from './theme.ts';

export interface NarratorStreams {
  /** Where the model's words go. */
  readonly words: NodeJS.WritableStream;
  /** Where tool calls and refusals go. */
  readonly steps: NodeJS.WritableStream;
  readonly theme: Theme;
}

/** Tells a run as it happens: streamed words, each tool call, each refusal. */
export function narrator({ words, steps, theme }: NarratorStreams): (event: AgentEvent) => void {
  const [arrow, tick, cross] = theme.unicode ? ['→', '✓', '✗'] : ['->', 'ok', 'x'];
  let midLine = false;
  let streamed = '';
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
      case 'call':
        breakLine();
        streamed = '';
        steps.write(
          `${theme.cyan(`${arrow} ${plainText(event.call.name)}`)} ${theme.dim(args(event.call.arguments))}\n`,
        );
        break;
      case 'outcome': {
        const [good, said] = verdict(event.outcome);
        steps.write(`  ${good ? theme.green(tick) : theme.red(cross)} ${good ? theme.dim(said) : said}\n`);
        break;
      }
      case 'answer':
        breakLine();
        // An endpoint may give the answer whole, without streaming it.
        if (streamed === '') words.write(`${plainText(event.text)}\n`);
        streamed = '';
        break;
    }
  };
}

function verdict(outcome: CallOutcome): [good: boolean, said: string] {
  if (outcome.kind === 'denied') return [false, `denied by the tool policy: ${plainText(outcome.reason)}`];
  if (outcome.kind === 'invalid') return [false, plainText(outcome.reason)];
  const { isError, structured, text } = outcome.result;
  const status = structured?.status;
  if (typeof status === 'string') {
    const error = structured?.error as { message?: string; hint?: string } | undefined;
    const details = [structured?.sid, structured?.reason, error?.message, error?.hint];
    return [
      !isError,
      plainText([status, ...details.filter((detail) => typeof detail === 'string')].join(', ')),
    ];
  }
  return [!isError, shorten(text, 100)];
}

const args = (raw: string): string => shorten(plainText(raw).replaceAll('\n', ' '), 160);

const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;
