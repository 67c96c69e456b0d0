import { expect, test } from 'vitest';
import { alertText } from '../../mcp-server-sms/src/alert-text.ts';

test.each([
  [95, 80, 'CHF', '[!!] SpendWise: Shopping\nCHF 95/80 (119%)'],
  [135, 150, 'CHF', '[!] SpendWise: Shopping\nCHF 135/150 (90%)'],
  [45, 100, 'CHF', '[OK] SpendWise: Shopping\nCHF 45/100 (45%)'],
  [80, 100, 'CHF', '[!] SpendWise: Shopping\nCHF 80/100 (80%)'],
  [79.99, 100, 'CHF', '[OK] SpendWise: Shopping\nCHF 79.99/100 (79%)'],
  [100, 100, 'CHF', '[!!] SpendWise: Shopping\nCHF 100/100 (100%)'],
  [149.4, 150, 'CHF', '[!] SpendWise: Shopping\nCHF 149.40/150 (99%)'],
  [0.29, 1, 'CHF', '[OK] SpendWise: Shopping\nCHF 0.29/1 (29%)'],
  [0.125, 1, 'KWD', '[OK] SpendWise: Shopping\nKWD 0.125/1 (13%)'],
  [950, 1000, 'JPY', '[!] SpendWise: Shopping\nJPY 950/1000 (95%)'],
  [5, 0, 'CHF', '[!!] SpendWise: Shopping\nCHF 5/0 (over)'],
  [0, 0, 'CHF', '[OK] SpendWise: Shopping\nCHF 0/0 (0%)'],
])('%d of %d %s', (spent, budget, currency, text) => {
  expect(alertText({ category: 'Shopping', spent, budget, currency })).toEqual({ ok: true, text });
});

test.each([
  [1.005, 2, 'CHF', /more decimals/],
  [0.5, 2, 'JPY', /more decimals/],
  [1e300, 2, 'CHF', /too large/],
  // A number whose nearest cent is another than the one that was meant.
  [44_449_096_552_229.13, 2, 'CHF', /too large/],
  [1, 2, 'chf', /ISO 4217/],
  [1, 2, 'ABC', /ISO 4217/],
])('%d of %d %s is refused', (spent, budget, currency, reason) => {
  const result = alertText({ category: 'x', spent, budget, currency });
  expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
});

test('a custom message is one more line', () => {
  const alert = { category: 'Food', spent: 1, budget: 2, currency: 'CHF', customMessage: 'Slow down' };
  expect(alertText(alert)).toEqual({ ok: true, text: '[OK] SpendWise: Food\nCHF 1/2 (50%)\nSlow down' });
});
