import { expect, test } from 'vitest';
import { decide, type PolicyFacts, type ProposedCall } from '../../../agent/tools/policy.ts';

const OWNER = '+12025550143';
const facts: PolicyFacts = {
  recipient: OWNER,
  allowedRecipients: new Set([OWNER]),
  budgets: [
    { category: 'Shopping', period: 'week', currency: 'CHF', spent: 95, limit: 80 },
    { category: 'Shopping', period: 'week', currency: 'EUR', spent: 10, limit: 20 },
    { category: 'Food & Dining', period: 'week', currency: 'CHF', spent: 135.5, limit: 150 },
    { category: 'Food & Dining', period: 'month', currency: 'CHF', spent: 300, limit: 400 },
  ],
  alerted: new Set([JSON.stringify(['Food & Dining', 'week', 'CHF'])]),
};
const alert = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };

/** The policy as a table: a call, facts that differ, and what becomes of it. */
test.each<[string, string, ProposedCall['args'], Partial<PolicyFacts>, string, RegExp?]>([
  ['reading budgets', 'spending.get_budget_status', {}, {}, 'allow'],
  ['reading spending', 'spending.get_spending', { group_by: 'day' }, {}, 'allow'],
  ['finding transactions', 'spending.find_transactions', {}, {}, 'allow'],
  ['an alert with true figures', 'sms.send_budget_alert', alert, {}, 'allow'],
  [
    'an alert in the default currency',
    'sms.send_budget_alert',
    { category: 'Shopping', spent: 95, budget: 80 },
    {},
    'allow',
  ],
  [
    'an alert for the other budget of a category',
    'sms.send_budget_alert',
    { ...alert, spent: 10, budget: 20, currency: 'EUR' },
    {},
    'allow',
  ],
  [
    'an alert with a wrong amount',
    'sms.send_budget_alert',
    { ...alert, spent: 96 },
    {},
    'deny',
    /spent 95, budget 80/,
  ],
  [
    'an alert with the amount as text',
    'sms.send_budget_alert',
    { ...alert, spent: '95' },
    {},
    'deny',
    /figures/,
  ],
  [
    'an alert with a wrong limit',
    'sms.send_budget_alert',
    { ...alert, budget: 8000 },
    {},
    'deny',
    /budget 80/,
  ],
  [
    'an alert in a wrong currency',
    'sms.send_budget_alert',
    { ...alert, currency: 'USD' },
    {},
    'deny',
    /figures/,
  ],
  [
    'an alert for no budget',
    'sms.send_budget_alert',
    { ...alert, category: 'Boats' },
    {},
    'deny',
    /there are: Shopping/,
  ],
  [
    'an alert for a budget named as a property',
    'sms.send_budget_alert',
    { ...alert, category: '__proto__' },
    {},
    'deny',
    /no budget/,
  ],
  [
    'an alert that was sent',
    'sms.send_budget_alert',
    { category: 'Food & Dining', spent: 135.5, budget: 150 },
    {},
    'deny',
    /already sent/,
  ],
  [
    'an alert to a stranger',
    'sms.send_budget_alert',
    alert,
    { recipient: '+12025550199' },
    'deny',
    /not allowed/,
  ],
  ['an alert to no number', 'sms.send_budget_alert', alert, { recipient: undefined }, 'deny', /E\.164/],
  ['an alert with words of its own', 'sms.send_budget_alert', { ...alert, custom_message: 'Hi' }, {}, 'ask'],
  [
    'false figures with words of its own',
    'sms.send_budget_alert',
    { ...alert, spent: 1, custom_message: 'Hi' },
    {},
    'deny',
    /figures/,
  ],
  ['a free text', 'sms.send_sms', { message: 'Hi' }, {}, 'ask'],
  [
    'a free text to a stranger',
    'sms.send_sms',
    { message: 'Hi' },
    { recipient: '+12025550199' },
    'deny',
    /not allowed/,
  ],
  ['a tool nobody knows', 'sms.delete_account', {}, {}, 'deny', /no rule/],
  ['a tool named as a property', 'constructor.name', {}, {}, 'deny', /no rule/],
  ['a known tool of another server', 'evil.send_sms', { message: 'Hi' }, {}, 'deny', /no rule/],
])('%s', (_what, tool, args, change, verdict, reason) => {
  const [server, name] = tool.split('.') as [string, string];
  const decision = decide({ server, tool: name, args }, { ...facts, ...change });
  expect(decision.verdict).toBe(verdict);
  if (reason) expect(decision).toMatchObject({ reason: expect.stringMatching(reason) });
});
