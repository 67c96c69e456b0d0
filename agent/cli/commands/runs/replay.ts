import { setTimeout as delay } from 'node:timers/promises';
import { errorLines } from '@spendwise/sandbox/error-lines';
import { interruptSignal } from '@spendwise/sandbox/interrupt';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import type { AgentEvent } from '../../../loop/agent-loop.ts';
import { isKnown, type KnownEvent, type UnknownEvent } from '../../../runs/event.ts';
import { narrator } from '../../terminal/narrator.ts';
import { openRun } from '../agent/open-run.ts';

type ApprovalEvent = Extract<KnownEvent, { type: 'approval' }>;

/** Long waits for an approval are shortened to this. */
const MAX_PAUSE_MS = 30_000;

/** `spendwise runs replay ID`: prints what was seen on the terminal, from the record alone. */
export async function runsReplay(name: string, { speed }: { speed?: number }): Promise<void> {
  const signal = interruptSignal();
  const { events, end } = openRun(name);
  const tell = teller();
  let before: string | undefined;
  for (const event of events) {
    if (speed !== undefined && before !== undefined)
      await pause((Date.parse(event.time) - Date.parse(before)) / speed, signal);
    signal.throwIfAborted();
    before = event.time;
    tell(event);
  }
  if (end === undefined) err.line(ours`the run was broken off here, or is not finished`);
}

/** The pause can be negative: clocks are set back now and then. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.min(Math.max(0, ms), MAX_PAUSE_MS), undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

function teller(): (event: KnownEvent | UnknownEvent) => void {
  const theme = themeFor(process.stderr);
  const narrate = narrator({ words: out, steps: err, theme });
  const say = (line: Shown) => err.line(line);
  const approval = ({ because, tool, recipient = 'nobody', approved }: ApprovalEvent) => {
    const whom = shown(recipient);
    say(ours`  ${theme.yellow(shown(because))}: ${shown(tool)} to ${whom}`);
    say(ours`  Send exactly this to ${whom}? ${approved ? ours`yes` : ours`no`}`);
  };
  return (event) => {
    if (!isKnown(event)) return;
    switch (event.type) {
      case 'run':
        return say(ours`${theme.bold(ours`you>`)} ${shown(event.prompt, 10_000)}`);
      case 'approval':
        return approval(event);
      case 'cut':
        return say(theme.yellow(ours`later events were not recorded: the file reached its size limit`));
      case 'end':
        narrate({ type: 'end' });
        if (event.error) say(errorLines(event.error.message, event.error.hint, theme.red(ours`error:`)));
        else if (event.outcome === 'interrupted') say(theme.yellow(ours`interrupted`));
        return;
      default:
        // Events of the loop, and notes.
        narrate(event as AgentEvent);
    }
  };
}
