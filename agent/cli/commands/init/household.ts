import { Interrupted, UsageError } from '@spendwise/sandbox/errors';
import { ours, type Shown, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import { typedCurrency } from '../../../spending/household/amount.ts';
import type { BudgetWish } from '../../../spending/household/budgets.ts';
import { newName } from '../../../spending/household/names.ts';
import { FIRST_CATEGORIES, type Household, typedBudget } from '../../../spending/household/new-database.ts';
import { timeZoneNamed } from '../../../spending/periods.ts';

export interface Ask {
  /** Asks until `read` takes the answer. A UsageError of it is shown. */
  readonly line: <T>(prompt: Shown, read: (text: string) => T) => Promise<T>;
  /** The same, without showing what is typed. */
  readonly secret: Ask['line'];
  readonly confirm: (question: Shown) => Promise<boolean>;
  readonly say: (line: Shown) => void;
}

/** The end of input and Ctrl-C end it. */
export function askOn(
  ui: Pick<TerminalUI, 'ask' | 'askSecret' | 'confirm'>,
  say: (line: Shown) => void,
  signal: AbortSignal,
): Ask {
  const until =
    (ask: TerminalUI['ask']): Ask['line'] =>
    async (prompt, read) => {
      for (;;) {
        const text = await ask(prompt, signal);
        if (text === undefined) throw new Interrupted(undefined, 'start again with `spendwise init`');
        try {
          return read(text.trim());
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          say(ours`  ${shown(error.message)}: ${shown(error.hint)}`);
        }
      }
    };
  return {
    line: until(ui.ask),
    secret: until(ui.askSecret),
    confirm: (question) => ui.confirm([], question, signal),
    say,
  };
}

/** Asks for what a household starts with. */
export async function askHousehold({ line, say }: Ask, zone = Temporal.Now.timeZoneId()): Promise<Household> {
  const currency = await line(ours`Currency, such as CHF: `, typedCurrency);
  const timeZone = await line(ours`Time zone [${shown(zone)}]: `, (text) => {
    const named = timeZoneNamed(text || zone);
    if (named === undefined) throw new UsageError(`there is no time zone "${text}"`, 'such as Europe/Zurich');
    return named;
  });
  say(ours`Categories: ${shown(FIRST_CATEGORIES.join(', '))}`);
  const categories = await line(ours`Enter takes these; or write yours, with commas: `, (text) =>
    text === '' ? FIRST_CATEGORIES : text.split(',').map((name) => newName(name, [], 'category')),
  );
  say(ours`Budgets, such as Groceries=600/month or Eating out=50/week. An empty line ends.`);
  const budgets: BudgetWish[] = [];
  for (;;) {
    const wish = await line(ours`Budget: `, (text) =>
      text === '' ? undefined : typedBudget(text, currency, budgets),
    );
    if (wish === undefined) return { currency, timeZone, categories, budgets };
    budgets.push(wish);
  }
}
