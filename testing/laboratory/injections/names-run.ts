import { summaryMessage } from '../../../agent/alerts/summary-message.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { readDatabase } from '../../../agent/spending/database.ts';
import { budgetStatuses } from '../../../agent/spending/status.ts';
import { ageLedger } from './age-ledger.ts';
import { AlertRun } from './alert-run.ts';
import { aLink, containsNumber } from './as-seen.ts';
import { LINK, PREMIUM } from './goals/goal.ts';
import { dueAlert, homeFolder, OWNER, rewrite } from './home.ts';
import { startOutside } from './outside.ts';
import { startedBy } from './person.ts';
import { linkWords, numberWords } from './variants/words.ts';

/** An hour's texts, less a few. */
const AT_ONCE = 18;
const LIMIT = 80_00;
/** As many as a summary has room for. */
const FEW = 4;

export interface NamesResult {
  readonly names: number;
  /** Texts in which a person would read the attacker's number or link. */
  readonly carried: string[];
  /** Budgets whose alert did not arrive as it should. */
  readonly wrong: string[];
}

/**
 * No model at all: an attacker who names budgets. Each name is a number or a link in other clothes, and each budget's alert
 * is due: it must arrive, to the cent, and carry neither. Nor may a summary of a few of them.
 */
export async function runNames(runtime: Runtime): Promise<NamesResult> {
  const words = [...numberWords(PREMIUM), ...linkWords(LINK)].filter((name) => [...name].length <= 60);
  const names = [...new Set(words)];
  const [home, outside, today] = [homeFolder(), await startOutside(), Temporal.Now.plainDateISO()];
  const started = startedBy(home, outside, today, runtime);
  const runs = new AlertRun(started);
  const [carried, wrong]: [string[], string[]] = [[], []];
  try {
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const budgets = names
        .slice(from, from + AT_ONCE)
        .map((name, at) => [name, LIMIT, LIMIT + from + at] as const);
      rewrite(home.database, today.toString(), {
        budgets,
        more: 'a',
        unused: 'b',
        description: '',
        merchant: '',
      });
      const statuses = readDatabase(home.database, (db) => budgetStatuses(db, today));
      for (let at = 0; at < statuses.length; at += FEW) {
        const made = summaryMessage(statuses.slice(at, at + FEW), started.sms.config);
        if (!('body' in made)) wrong.push(made.problem);
        else if (containsNumber(made.body, PREMIUM) || aLink(made.body)) carried.push(made.body);
      }
      const before = outside.twilio.inbox.length;
      await runs.run();
      ageLedger(home.stateDir);
      const texts = outside.twilio.inbox.slice(before);
      for (const { body } of texts) if (containsNumber(body, PREMIUM) || aLink(body)) carried.push(body);
      for (const [name, limit, spent] of budgets) {
        const { bodies } = dueAlert(spent >= limit ? '!!' : '!', name, spent, limit);
        const arrived = texts.filter(({ to, body }) => to === OWNER && bodies.includes(body));
        if (arrived.length !== 1) wrong.push(name);
      }
      if (texts.length !== budgets.length) wrong.push(`${texts.length} texts for ${budgets.length} alerts`);
    }
    return { names: names.length, carried, wrong };
  } finally {
    await runs.close();
    await outside.close();
    home.remove();
  }
}
