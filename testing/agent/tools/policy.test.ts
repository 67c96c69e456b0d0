import { expect, test } from 'vitest';
import {
  type BudgetFigures,
  decide,
  type PolicyFacts,
  type ProposedCall,
} from '../../../agent/tools/policy.ts';

const OWNER = '+12025550143';
const FRIEND = '+12025550150';
const due = { state: 'due' } as const;
const budget = (category: string, figures: Partial<BudgetFigures>): BudgetFigures => ({
  category,
  period: 'week',
  currency: 'CHF',
  spent: 0,
  limit: 0,
  alert: { state: 'none' },
  ...figures,
});
const facts: PolicyFacts = {
  recipient: OWNER,
  allowedRecipients: new Set([OWNER, FRIEND]),
  owner: OWNER,
  preApproved: false,
  budgets: [
    budget('Shopping', { spent: 95, limit: 80, alert: due }),
    budget('Shopping', { spent: 10, limit: 20, currency: 'EUR', alert: due }),
    budget('Food & Dining', {
      spent: 135.5,
      limit: 150,
      alert: { state: 'done', reason: 'an alert for Food & Dining (80 %) was sent' },
    }),
    budget('Food & Dining', { spent: 300, limit: 400, period: 'month' }),
    budget('Health', { spent: 50, limit: 50, alert: { state: 'held', reason: 'snoozed until tomorrow' } }),
    budget('Transport', { spent: 45, limit: 100 }),
  ],
  cap: undefined,
};
const alert = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };
const held = { category: 'Health', spent: 50, budget: 50 };
const own = (custom_message: unknown) => ({ ...alert, custom_message });
/** JSON that JavaScript cannot make a text of. */
const NO_TEXT = { toString: 1, valueOf: 1 };
const NESTED: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
const preApproved = { preApproved: true };

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
    /was sent; nothing is sent again/,
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
  [
    'an alert that quiet hours or a snooze hold back',
    'sms.send_budget_alert',
    held,
    {},
    'ask',
    /snoozed until/,
  ],
  [
    'an alert for a budget that has reached nothing',
    'sms.send_budget_alert',
    { category: 'Transport', spent: 45, budget: 100 },
    {},
    'ask',
    /no threshold/,
  ],
  [
    'an alert that is held back, with words of its own',
    'sms.send_budget_alert',
    { ...held, custom_message: 'Hi' },
    {},
    'ask',
    /snoozed.*; a custom message/,
  ],
  ['an alert over the cap', 'sms.send_budget_alert', alert, { cap: '20 texts' }, 'deny', /20 texts/],
  ['a free text over the cap', 'sms.send_sms', { message: 'Hi' }, { cap: '20 texts' }, 'deny', /20 texts/],
  ['words that are approved beforehand', 'sms.send_budget_alert', own('Hi'), preApproved, 'allow'],
  ['words that hold a link', 'sms.send_budget_alert', own('see evil.com'), {}, 'deny', /address/],
  [
    'words that hold a link, approved',
    'sms.send_budget_alert',
    own('see evil.com'),
    preApproved,
    'deny',
    /address/,
  ],
  [
    'words that hold a phone number',
    'sms.send_budget_alert',
    own('call 1 900 555 0199'),
    {},
    'deny',
    /number/,
  ],
  ['words that are not words', 'sms.send_budget_alert', own({ a: 1 }), {}, 'deny', /must be a string/],
  [
    'an argument that the server does not know',
    'sms.send_budget_alert',
    { ...alert, note: 'x' },
    preApproved,
    'deny',
    /no argument "note"/,
  ],
  [
    'an argument named as a property',
    'sms.send_budget_alert',
    { ...alert, constructor: 'x' },
    {},
    'deny',
    /no argument/,
  ],
  ['a text without words', 'sms.send_sms', {}, {}, 'deny', /message/],
  ['a text of something else', 'sms.send_sms', { message: ['Hi'] }, {}, 'deny', /must be a string/],
  [
    'a text longer than the server takes, which would push its question off the screen',
    'sms.send_sms',
    { message: 'x'.repeat(613) },
    {},
    'deny',
    /613 characters/,
  ],
  ['a text of what cannot be one', 'sms.send_sms', { message: NO_TEXT }, preApproved, 'deny', /must be a/],
  [
    'an alert for what cannot be a name',
    'sms.send_budget_alert',
    { ...alert, category: NO_TEXT },
    {},
    'deny',
    /no budget of that name/,
  ],
  [
    'an alert for a name without end',
    'sms.send_budget_alert',
    { ...alert, category: 'x'.repeat(100_000) },
    {},
    'deny',
    /^there is no budget "x{40}"; there are: [^x]*$/,
  ],
  ['words that cannot be a text', 'sms.send_budget_alert', own(NO_TEXT), {}, 'deny', /must be a string/],
  ['words nested without end', 'sms.send_budget_alert', own(NESTED), {}, 'deny', /must be a string/],
  ['a free text, approved beforehand', 'sms.send_sms', { message: 'Hi' }, preApproved, 'allow'],
  [
    'a free text with a number, approved beforehand',
    'sms.send_sms',
    { message: 'call 0900 555' },
    preApproved,
    'ask',
    /number/,
  ],
  [
    'a free text to a friend, approved beforehand for oneself',
    'sms.send_sms',
    { message: 'Hi' },
    { ...preApproved, recipient: FRIEND },
    'ask',
  ],
  [
    'words to a friend, approved beforehand for oneself',
    'sms.send_budget_alert',
    own('Hi'),
    { ...preApproved, recipient: FRIEND },
    'ask',
  ],
  ['a key of its own', 'sms.send_sms', { message: 'Hi', idempotency_key: 'x' }, {}, 'deny', /not yours/],
  [
    'a key of its own for an alert',
    'sms.send_budget_alert',
    { ...alert, idempotency_key: 'x' },
    {},
    'deny',
    /not yours/,
  ],
  ['looking sent messages up', 'sms.find_messages', {}, {}, 'allow'],
  ['guessing the words of messages', 'sms.find_messages', { body: '123456' }, {}, 'deny', /not yours/],
  ['messages to a stranger', 'sms.find_messages', {}, { recipient: '+12025550199' }, 'deny', /not allowed/],
  ['a tool nobody knows', 'sms.delete_account', {}, {}, 'deny', /no rule/],
  ['a tool named as a property', 'constructor.name', {}, {}, 'deny', /no rule/],
  ['a known tool of another server', 'evil.send_sms', { message: 'Hi' }, {}, 'deny', /no rule/],
])('%s', (_what, tool, args, change, verdict, reason) => {
  const [server, name] = tool.split('.') as [string, string];
  const decision = decide({ server, tool: name, args }, { ...facts, ...change });
  expect(decision.verdict).toBe(verdict);
  const words =
    decision.verdict === 'ask' ? decision.because : decision.verdict === 'deny' ? decision.reason : '';
  expect(words).toMatch(reason ?? /^/);
});
