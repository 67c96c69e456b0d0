import { copyFileSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Model, ModelRequest } from '../../../agent/models/model.ts';
import { Failed, Interrupted } from '../../../agent/sandbox/foundation/errors.ts';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { OWNER } from '../../support/household.ts';
import { openTestSession } from '../../support/session.ts';

/** A model that was talked out of its work: it sends nothing, and says that all is well. */
const idle: Model = {
  name: 'idle',
  async *respond() {
    const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1 };
    yield { type: 'finished', items: [], text: 'All is well.', calls: [], usage };
  },
};

test('reminds the user of alerts that the model did not send, once for the same budgets', async () => {
  const said: string[] = [];
  const { session } = await openTestSession(processRuntime({ unsandboxed: true }), {
    model: idle,
    notice: (line) => said.push(line),
  });
  const { signal } = new AbortController();
  const ask = async () => {
    said.length = 0;
    for await (const _ of session.run('Check my budgets and alert me', signal));
    return said;
  };
  expect(await ask()).toEqual([
    'due but not sent: "Shopping", "Food & Dining"; `spendwise alert` sends it without a model',
  ]);
  expect(await ask()).toEqual([]);

  const shopping = session.budgets().find(({ category }) => category === 'Shopping');
  if (shopping === undefined) throw new Error('no such budget');
  const { category, spentMinor, limitMinor, currency } = shopping;
  const args = { category, spent: spentMinor / 100, budget: limitMinor / 100, currency };
  const outcome = await session.door.call('sms__send_budget_alert', JSON.stringify(args), signal);
  expect(outcome).toMatchObject({ kind: 'result', result: { isError: false } });
  expect(await ask()).toEqual([
    'due but not sent: "Food & Dining"; `spendwise alert` sends it without a model',
  ]);
});

test('hides arguments that a model may not set, and refuses a number that only partly matches the owner', async () => {
  const { session, twilio } = await openTestSession(processRuntime({ unsandboxed: true }));
  const { signal } = new AbortController();
  const shown = session.door.tools
    .filter(({ server }) => server === 'sms')
    .map((tool) => [tool.tool, Object.keys(tool.function.parameters.properties as object).sort()]);
  expect(Object.fromEntries(shown)).toEqual({
    send_sms: ['message', 'to'],
    send_budget_alert: ['budget', 'category', 'currency', 'custom_message', 'spent', 'to'],
    find_messages: ['limit', 'since', 'to'],
    get_message_status: ['sid'],
  });
  const alert = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };
  for (const to of ['', 'owner', `${OWNER},+12025550199`, `+12025550199 ${OWNER}`, `x${OWNER}`, [OWNER], 1]) {
    const outcome = await session.door.call(
      'sms__send_budget_alert',
      JSON.stringify({ ...alert, to }),
      signal,
    );
    expect(outcome, String(to)).toMatchObject({ kind: 'denied', reason: expect.stringContaining('E.164') });
  }
  expect(twilio.inbox).toEqual([]);
  const own = await session.door.call(
    'sms__send_budget_alert',
    JSON.stringify({ ...alert, to: '+1 (202) 555-0143' }),
    signal,
  );
  expect(own).toMatchObject({ kind: 'result', recipient: OWNER });
  expect(twilio.inbox).toMatchObject([{ to: OWNER }]);
});

test("an alert that a model asks for keeps a budget's name out of the text where that is no name", async () => {
  const { session, twilio, database } = await openTestSession(processRuntime({ unsandboxed: true }));
  const db = new Database(database);
  db.exec(`UPDATE categories SET name = 'see evil.com' WHERE name = 'Shopping'`);
  db.close();
  const alert = { category: 'see evil.com', spent: 95, budget: 80, currency: 'CHF' };
  await session.door.call('sms__send_budget_alert', JSON.stringify(alert), new AbortController().signal);
  expect(twilio.inbox).toMatchObject([{ body: '[!!] SpendWise: one of your budgets\nCHF 95/80 (119%)' }]);
});

const REMINDER = 'due but not sent: "Shopping", "Food & Dining"; `spendwise alert` sends it without a model';

test.each([
  ['fails', new Failed('the model is gone', 'wait')],
  ['is interrupted', new Interrupted()],
])('a run that %s ends in the reminder as well, and in its own error', async (_how, error) => {
  const said: string[] = [];
  const { session } = await openTestSession(processRuntime({ unsandboxed: true }), {
    model: {
      ...idle,
      async *respond() {
        yield { type: 'text', delta: 'Let me' };
        throw error;
      },
    },
    notice: (line) => said.push(line),
  });
  const running = Array.fromAsync(session.run('Check my budgets', new AbortController().signal));
  await expect(running).rejects.toBe(error);
  expect(said).toEqual([REMINDER]);
});

test('an error of the reminder does not hide what ended the run', async () => {
  const error = new Failed('the model is gone', 'wait');
  let breakDatabase = () => {};
  const { session, database } = await openTestSession(processRuntime({ unsandboxed: true }), {
    model: {
      ...idle,
      async *respond() {
        yield { type: 'text', delta: 'Let me' };
        breakDatabase();
        throw error;
      },
    },
  });
  breakDatabase = () => renameSync(database, `${database}.gone`);
  const running = Array.fromAsync(session.run('Check my budgets', new AbortController().signal));
  await expect(running).rejects.toBe(error);
});

test('leaves out the oldest turns of a long conversation, and tells user and model', async () => {
  const said: string[] = [];
  const asked: ModelRequest[] = [];
  const { session } = await openTestSession(processRuntime({ unsandboxed: true }), {
    model: {
      ...idle,
      respond: (request) => {
        asked.push(request);
        return idle.respond(request);
      },
    },
    notice: (line) => said.push(line),
  });
  const ask = (words: string) => Array.fromAsync(session.run(words, new AbortController().signal));
  for (const name of ['one', 'two', 'three']) await ask(name.padEnd(60_000, ' x'));
  expect(said.filter((line) => line !== REMINDER)).toEqual([
    'the conversation is long: its oldest request is no longer sent to the model',
  ]);
  expect(
    asked.map(({ input }) => input.map((item) => String(Reflect.get(item, 'content')).slice(0, 3))),
  ).toEqual([['one'], ['one', 'two'], ['two', 'thr']]);
  expect(asked.map(({ instructions }) => instructions.includes('oldest turns are left out'))).toEqual([
    false,
    false,
    true,
  ]);
  session.forget();
  await ask('four');
  expect(asked.at(-1)?.input).toEqual([{ role: 'user', content: 'four' }]);
  expect(asked.at(-1)?.instructions).not.toContain('left out');
});

test('a database that was replaced by another file ends the run: the spending server still reads the old one', async () => {
  const { session, database } = await openTestSession(processRuntime({ unsandboxed: true }), { model: idle });
  copyFileSync(database, `${database}.new`);
  renameSync(`${database}.new`, database);
  const running = Array.fromAsync(session.run('Check my budgets', new AbortController().signal));
  await expect(running).rejects.toMatchObject({
    message: expect.stringContaining('was replaced after the spending server started'),
  });
});
