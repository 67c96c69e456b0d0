import { expect, test } from 'vitest';
import { undoImport } from '../../../../agent/spending/import/imports.ts';
import { gonePending, settleSuspicion, suspicions } from '../../../../agent/spending/import/suspicions.ts';
import { exported, importOf, memoryDatabase, type Said, totalOf } from './support.ts';

const first: Said = { date: '2026-11-01', merchant: 'Rent', amountMinor: -100_000 };
const last: Said = { date: '2026-11-30', merchant: 'Fee', amountMinor: -100 };
const pending: Said = { date: '2026-11-20', pending: true, description: 'reserved' };
const booked: Said = { date: '2026-11-22', description: 'card 1234' };

test('a pending row becomes the booked one of another day and text, in any order', () => {
  const [one, other] = [memoryDatabase(), memoryDatabase()];
  importOf(one, [first, pending]);
  expect(importOf(one, [first, booked, last])).toMatchObject({ added: 1, posted: 1, known: 1 });
  importOf(other, [first, booked, last]);
  expect(importOf(other, [first, pending])).toMatchObject({ added: 0, known: 2 });
  expect(exported(other)).toBe(exported(one));
  expect(totalOf(one)).toBe(-100_550n);
  // Both files again.
  expect(importOf(one, [first, pending])).toMatchObject({ added: 0, known: 2 });
  expect(importOf(one, [first, booked, last])).toMatchObject({ added: 0, known: 3 });
});

test('an undo brings the pending row back, or leaves the booked one', () => {
  for (const undone of [1, 2]) {
    const [db, alone] = [memoryDatabase(), memoryDatabase()];
    importOf(db, [first, pending]);
    importOf(db, [first, booked, last]);
    importOf(alone, undone === 2 ? [first, pending] : [first, booked, last]);
    undoImport(db, undone, { edited: false });
    expect(exported(db)).toBe(exported(alone));
  }
});

test('the category that was chosen for a pending row stays', () => {
  const db = memoryDatabase();
  importOf(db, [first, pending]);
  db.exec(`INSERT INTO categories (name, kind) VALUES ('Cafe', 'expense');
    UPDATE transactions SET category_id = (SELECT id FROM categories WHERE name = 'Cafe'), category_by = 'hand'
    WHERE pending`);
  importOf(db, [first, booked, last]);
  expect(exported(db)).toContain('["2026-11-22",-450,"CHF","Cafe"');
});

test('a file that has both, or does not cover the day, merges nothing', () => {
  const db = memoryDatabase();
  expect(importOf(db, [first, pending, booked])).toMatchObject({ added: 3, posted: 0 });
  const other = memoryDatabase();
  importOf(other, [first, pending]);
  expect(importOf(other, [booked, last])).toMatchObject({ added: 2, posted: 0 });
});

test('two pending and one booked: one stays pending', () => {
  const db = memoryDatabase();
  importOf(db, [first, pending, pending]);
  importOf(db, [first, booked, pending, last]);
  expect(totalOf(db)).toBe(-100_000n - 900n - 100n);
});

test('the same account in two formats is a suspicion: both stay', () => {
  const db = memoryDatabase();
  importOf(db, [first, { merchant: 'CAFE LUNA ZURICH' }, last]);
  const ofx = [
    { bankId: '1', ...first },
    { bankId: '2', date: '2026-11-21' },
    { bankId: '3', ...last },
  ];
  expect(importOf(db, ofx)).toMatchObject({ added: 1, known: 2, suspected: 1 });
  expect(importOf(db, ofx)).toMatchObject({ added: 0, known: 3, suspected: 0 });
  expect(db.prepare('SELECT count(*) FROM transactions').pluck().get()).toBe(4);
});

test('two formats with different days: the first and the last row are suspected too', () => {
  const db = memoryDatabase();
  const days = ['2026-11-02', '2026-11-10', '2026-11-28'];
  const later = (date: string) => Temporal.PlainDate.from(date).add({ days: 1 }).toString();
  importOf(
    db,
    days.map((date) => ({ date })),
  );
  const ofx = days.map((date, at) => ({ date: later(date), bankId: `${at}` }));
  expect(importOf(db, ofx, undefined, 'ofx')).toMatchObject({ added: 3, suspected: 3 });
});

test('the same amount at the end of one month and the start of the next is no suspicion', () => {
  const db = memoryDatabase();
  importOf(db, [{ date: '2026-10-20' }, { date: '2026-10-31' }]);
  expect(importOf(db, [{ date: '2026-11-01' }, { date: '2026-11-20' }])).toMatchObject({ suspected: 0 });
});

test('the user says that a suspicion is the same, or not; no file asks again', () => {
  for (const same of [true, false]) {
    const db = memoryDatabase();
    const files = [
      [first, { merchant: 'CAFE LUNA ZURICH' }, last],
      [
        { bankId: '1', ...first },
        { bankId: '2', date: '2026-11-21' },
        { bankId: '3', ...last },
      ],
    ];
    for (const file of files) importOf(db, file);
    const [suspicion, ...others] = suspicions(db);
    expect(others).toEqual([]);
    expect(suspicion).toMatchObject({
      account: 'Main',
      known: { merchant: 'CAFE LUNA ZURICH', file: 'f.csv' },
      fresh: { date: '2026-11-21', amountMinor: -450 },
    });
    if (suspicion !== undefined) settleSuspicion(db, suspicion, same);
    expect(totalOf(db)).toBe(same ? -100_550n : -101_000n);
    for (const file of files)
      expect(importOf(db, file)).toMatchObject({ added: 0, updated: 0, suspected: 0 });
    expect(suspicions(db)).toEqual([]);
  }
});

test('what was typed by hand is suspected, and what a file plainly has twice is not', () => {
  const db = memoryDatabase();
  db.exec(`INSERT INTO categories (name, kind) VALUES ('Cafe', 'expense');
    INSERT INTO transactions (date, amount_minor, currency, category_id) VALUES ('2026-11-19', -450, 'CHF', 1)`);
  expect(importOf(db, [first, {}, { description: 'another' }, last])).toMatchObject({ suspected: 1 });
  const next = memoryDatabase();
  importOf(next, [first, {}, last]);
  expect(importOf(next, [first, {}, { description: 'another' }, last])).toMatchObject({ suspected: 0 });
});

test('a pending row that a newer file should have, and has not, is said', () => {
  const db = memoryDatabase();
  importOf(db, [first, pending]);
  expect(importOf(db, [first, last])).toMatchObject({ gone: 1 });
  expect(gonePending(db)).toMatchObject([{ id: 2, pending: 1, file: 'f.csv' }]);
  expect(importOf(db, [first, pending, last])).toMatchObject({ gone: 0 });
  expect(gonePending(db)).toEqual([]);
});

test('thousands of the same amount on the same day end', () => {
  const db = memoryDatabase();
  const many = (text: string) => Array.from({ length: 3000 }, (_, at) => ({ description: `${text} ${at}` }));
  importOf(db, [first, ...many('a'), last]);
  expect(importOf(db, [first, ...many('b'), last])).toMatchObject({ added: 3000, suspected: 3000 });
});
