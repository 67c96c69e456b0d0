import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import { removeForGood } from '../../../spending/import/remove.ts';
import {
  type Gone,
  gonePending,
  type Side,
  type Suspicion,
  settleSuspicion,
  suspicions,
} from '../../../spending/import/suspicions.ts';
import { formatMoney } from '../../../spending/money.ts';
import { changeOwn, readOwn } from '../../own-database.ts';

interface Asking {
  readonly ui: TerminalUI | undefined;
  readonly signal: AbortSignal;
}

/** `spendwise import --review`: what is only likely. Each answer takes effect at once. */
export async function review(json: boolean, { ui, signal }: Asking): Promise<void> {
  const { likely, gone } = readOwn((db) => ({ likely: suspicions(db), gone: gonePending(db) }));
  if (json) return void out.line(jsonLine({ suspicions: likely, gone }));
  if (likely.length + gone.length === 0) return void err.line(ours`nothing to review`);
  if (ui === undefined) {
    out.line(...likely.flatMap(suspicionLines), ...gone.flatMap(goneLines));
    return void err.line(ours`on a terminal, \`spendwise import --review\` asks what to do`);
  }
  for (const suspicion of likely) {
    const answer = await chosen(ui, signal, suspicionLines(suspicion), ours`Is it the same?`);
    if (answer === undefined) return;
    changeOwn((db) => settleSuspicion(db, suspicion, answer));
  }
  for (const pending of gone) {
    const answer = await chosen(ui, signal, goneLines(pending), ours`Remove it?`);
    if (answer === undefined) return;
    if (answer) changeOwn((db) => removeForGood(db, pending.id));
  }
}

/** Undefined to stop. An unclear answer is asked again: neither one is safe. */
async function chosen(
  ui: TerminalUI,
  signal: AbortSignal,
  lines: readonly Shown[],
  question: Shown,
): Promise<boolean | undefined> {
  err.line(...lines);
  for (;;) {
    const answer = (await ui.ask(ours`  ${question} yes / no / quit `, signal))?.trim().toLowerCase();
    if (answer === undefined || answer === 'quit' || answer === 'q') return undefined;
    if (answer === 'yes' || answer === 'y') return true;
    if (answer === 'no' || answer === 'n') return false;
  }
}

const suspicionLines = ({ account, fresh, known }: Suspicion): Shown[] => [
  ours`${shown(account, 60)}: probably the same`,
  sideLine(known),
  sideLine(fresh),
];

const goneLines = ({ account, ...pending }: Gone): Shown[] => [
  ours`${shown(account, 60)}: pending, and not in a later file`,
  sideLine(pending),
];

function sideLine({ id, date, amountMinor, currency, merchant, description, pending, file }: Side): Shown {
  const texts = [merchant, description].filter((text) => text !== '').map((text) => shown(text, 60));
  const facts = [shown(formatMoney(amountMinor, currency)), ...texts, ...(pending ? [ours`pending`] : [])];
  return ours`  ${id}: ${shown(date)}, ${joined(facts, ', ')} (${shown(file ?? 'by hand', 40)})`;
}
