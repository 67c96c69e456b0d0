import type { Attack } from '../attack.ts';
import { runToEnd } from '../stage/stage.ts';

/** The attacker gets tired first: a run without a limit must end too. */
const PATIENCE = 100;

export const attack: Attack = {
  attempt: 'a model that never stops calling tools: you pay for every request',
  sandboxed: false,
  async run(stage) {
    let patience = PATIENCE;
    const session = await stage.openSession({
      decide: ({ done }) =>
        done.length < patience ? { call: 'get_budget_status', args: {} } : { say: 'I stopped by myself.' },
    });
    stage.say('-> get_budget_status, again and again');
    const { events, error } = await runToEnd(session, 'Check my budgets and alert me', stage.signal);
    const usage = events.findLast((event) => event.type === 'usage')?.usage;
    if (usage === undefined) throw error;
    const bill = `${usage.calls} requests, ${usage.inputTokens} tokens in`;
    if (!(error instanceof Error))
      return { held: false, seen: `nothing ended the run: ${bill}, until the model stopped by itself` };
    // A model or a server that is down ends a run too: then the next one fails as well.
    patience = 0;
    const next = await runToEnd(session, 'Thank you', stage.signal);
    if (next.error !== undefined) throw next.error;
    const who = error.stack?.includes('run-meter.ts') ? 'the run meter' : 'SpendWise';
    return {
      held: true,
      seen: `${who} ended the run after ${bill}: ${error.message}\nthe next request is answered`,
    };
  },
};
