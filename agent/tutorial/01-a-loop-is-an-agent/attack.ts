import type { Attack } from '../attack.ts';
import { runToEnd } from '../stage/stage.ts';

/** The attacker gets tired first: a run without a limit must end too. */
const PATIENCE = 100;

export const attack: Attack = {
  attempt: 'a model that never stops calling tools: you pay for every request',
  sandboxed: false,
  async run(stage) {
    const session = await stage.openSession({
      decide: ({ done }) =>
        done.length < PATIENCE ? { call: 'get_budget_status', args: {} } : { say: 'I stopped by myself.' },
    });
    stage.say('-> get_budget_status, again and again');
    const { events, error } = await runToEnd(session, 'Check my budgets and alert me', stage.signal);
    const usage = events.findLast((event) => event.type === 'usage')?.usage;
    if (usage === undefined) throw error;
    const bill = `${usage.calls} requests, ${usage.inputTokens} tokens in`;
    return error instanceof Error
      ? { held: true, seen: `the run meter ended the run after ${bill}: ${error.message}` }
      : { held: false, seen: `nothing ended the run: ${bill}, until the model stopped by itself` };
  },
};
