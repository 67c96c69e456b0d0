import { expect, test } from 'vitest';
import { costUsd, listPrices, parsePrices } from '../../../agent/models/prices.ts';
import { modelAccount } from '../../../agent/settings/model-account.ts';
import { modelAt } from '../../support/one-answer.ts';

test('charges the cache price for cached tokens', () => {
  const prices = { input: 2, cachedInput: 0.5, output: 8 };
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 100_000 };
  expect(costUsd(prices, usage)).toBe(1.2 + 0.2 + 0.8);
  // An endpoint that claims more than there was earns nothing by it.
  expect(costUsd(prices, { inputTokens: 10, cachedInputTokens: 1e9, outputTokens: 0 })).toBe(0.000005);
});

test('uses the price of the model for dated versions, and none for unknown models', () => {
  expect(listPrices('gpt-5.4-mini-2026-03-17')).toEqual(listPrices('gpt-5.4-mini'));
  for (const unknown of ['gpt-5.4-mini-fast', 'llama3', 'scripted-rules', 'constructor', ''])
    expect(listPrices(unknown)).toBeUndefined();
});

test('list prices are OpenAI’s, not those of another maker who uses the same model name', () => {
  const model = 'gpt-5.4-mini';
  expect(modelAt('https://api.openai.com/v1', { model }).prices).toEqual(listPrices(model));
  expect(modelAt('http://127.0.0.1:1/v1', { model }).prices).toBeUndefined();
  const prices = { input: 1, cachedInput: 1, output: 1 };
  expect(modelAt('http://127.0.0.1:1/v1', { prices }).prices).toBe(prices);
});

test.each([
  ['0.75/0.075/4.50', { input: 0.75, cachedInput: 0.075, output: 4.5 }],
  ['2 / 8', { input: 2, cachedInput: 2, output: 8 }],
  ['0/0', { input: 0, cachedInput: 0, output: 0 }],
])('OPENAI_PRICES=%s', (text, prices) => {
  expect(parsePrices(text)).toEqual(prices);
  expect(modelAccount({ OPENAI_API_KEY: 'x', OPENAI_PRICES: text })?.prices).toEqual(prices);
});

test.each(['1', '1/2/3/4', 'a/b', '-1/2', '1//2', '1e3/2', '$1/$2'])(
  'OPENAI_PRICES=%s is no price',
  (text) => {
    expect(() => modelAccount({ OPENAI_API_KEY: 'x', OPENAI_PRICES: text })).toThrow(/^OPENAI_PRICES is not/);
  },
);

test('OPENAI_API is responses or chat', () => {
  const api = (value?: string) => modelAccount({ OPENAI_API_KEY: 'x', OPENAI_API: value })?.api;
  expect([api(), api(''), api('responses'), api('chat')]).toEqual([
    'responses',
    'responses',
    'responses',
    'chat',
  ]);
  expect(() => api('completions')).toThrow(/^OPENAI_API is not one of responses, chat/);
});
