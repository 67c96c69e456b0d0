import { renameSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startModelStandIn } from '../../../stand-ins/model.ts';
import { household } from '../../../support/household.ts';
import { completed, functionCall, modelServer, says, stream } from '../../../support/model-server.ts';
import { spendwise } from '../../../support/run.ts';

/** A program that talks: every line a request, and nobody to ask. */
async function talk(env: Record<string, string>, requests: readonly string[]) {
  const ran = await spendwise(['agent', 'chat', '--json', '--yes', '--runtime', 'process'], {
    env,
    input: requests.map((line) => `${line}\n`).join(''),
  });
  const lines = ran.stdout.split('\n').slice(0, -1);
  return { ...ran, reports: lines.map((line) => JSON.parse(line)) };
}

test('prints one report per request, about that request only', async () => {
  const { env, twilio } = await household();
  const model = await startModelStandIn();
  onTestFinished(() => model.close());
  const { code, stderr, reports } = await talk(
    { ...env, OPENAI_BASE_URL: model.url.href, OPENAI_MODEL: 'mine' },
    [
      'How much did I spend on food this week?',
      '',
      'Check my budgets and alert me',
      '/budgets',
      'text me hello',
      '/quit',
      'Check my budgets and alert me',
    ],
  );
  expect(code, stderr).toBe(0);
  expect(reports).toMatchObject([
    { answer: expect.stringContaining('CHF 135'), messages: [], model: { kind: 'openai', name: 'mine' } },
    { messages: [{ tool: 'send_budget_alert' }, { tool: 'send_budget_alert' }], runtime: 'process' },
    // Nobody can approve it.
    { messages: [], answer: expect.stringContaining('terminal') },
  ]);
  expect(reports[0].model.inputTokens).toBeLessThan(reports[1].model.inputTokens);
  expect(twilio.inbox).toHaveLength(2);
  expect(stderr).toMatch(/Shopping +█+ +CHF 95\/80/);
});

test('reports a failed request with what was sent before, and accepts the next one', async () => {
  const { env, database, twilio } = await household();
  const shopping = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };
  const server = await modelServer((response, request) => {
    if (request === 2) renameSync(database, `${database}.gone`);
    const step =
      request < 3
        ? functionCall('sms__send_budget_alert', JSON.stringify(shopping), `${request}`)
        : says('hello');
    stream(response, [completed([step])]);
  });
  const { code, stderr, reports } = await talk({ ...env, OPENAI_BASE_URL: server.url }, ['alert me', 'hi']);
  // The same as before the first request: one error has one exit code.
  expect(code).toBe(4);
  expect(stderr).toMatch(/error: there is no database at/);
  expect(reports).toMatchObject([
    { messages: [{ sid: twilio.inbox[0]?.sid }], error: { message: expect.any(String) } },
    { messages: [], error: { message: expect.any(String) } },
  ]);
});
