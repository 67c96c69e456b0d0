import { setTimeout as delay } from 'node:timers/promises';
import { interruptSignal } from '../interrupt.ts';
import type { AgentEvent } from '../loop.ts';
import { isKnown, type KnownEvent, type UnknownEvent } from '../runs/event.ts';
import { narrator } from '../terminal/narrator.ts';
import { oneLine } from '../terminal/one-line.ts';
import { themeFor } from '../terminal/theme.ts';
import { openRun } from './open-run.ts';

type ApprovalEvent = Extract<KnownEvent, { type: 'approval' }>;

/** A person who takes an hour to approve a text: nobody wants to wait for that again. */
const MAX_PAUSE_MS = 30_000;

/** `spendwise runs replay ID`: what was seen on the terminal, from the record alone. */
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
  if (end === undefined) process.stderr.write('it broke off here, or is still under way\n');
}

/** Clocks are set back now and then. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.min(Math.max(0, ms), MAX_PAUSE_MS), undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

function teller(): (event: KnownEvent | UnknownEvent) => void {
  const { stdout, stderr } = process;
  const theme = themeFor(stderr);
  const narrate = narrator({ words: stdout, steps: stderr, theme });
  const say = (line: string) => void stderr.write(`${line}\n`);
  const approval = ({ because, tool, recipient = 'nobody', approved }: ApprovalEvent) => {
    const whom = oneLine(recipient);
    say(`  ${theme.yellow(oneLine(because))}: ${oneLine(tool)} to ${whom}`);
    say(`  Send exactly this to ${whom}? ${approved ? 'yes' : 'no'}`);
  };
  return (event) => {
    if (!isKnown(event)) return;
    switch (event.type) {
      case 'run':
        return say(`${theme.bold('you>')} ${event.prompt}`);
      case 'approval':
        return approval(event);
      case 'cut':
        return say(theme.yellow('what came next was not recorded: the file had reached its bound'));
      case 'end':
        narrate({ type: 'end' });
        if (event.error) say(`${theme.red('error:')} ${event.error.message}\nhint: ${event.error.hint}`);
        else if (event.outcome === 'interrupted') say(theme.yellow('interrupted'));
        return;
      default:
        // The loop's own events, as they were written down, and notes.
        narrate(event as AgentEvent);
    }
  };
}
