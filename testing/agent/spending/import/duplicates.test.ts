import fc from 'fast-check';
import { expect, test } from 'vitest';
import { undoImport } from '../../../../agent/spending/import/imports.ts';
import { removeForGood } from '../../../../agent/spending/import/remove.ts';
import { exported, importOf, memoryDatabase, type Said, totalOf } from './support.ts';

const coffee: Said = {};
const count = (db: ReturnType<typeof memoryDatabase>) =>
  db.prepare('SELECT count(*) FROM transactions').pluck().get();

test('two equal coffees on one day stay two, and a re-import adds nothing', () => {
  const db = memoryDatabase();
  expect(importOf(db, [coffee, coffee])).toMatchObject({ added: 2, known: 0 });
  expect(importOf(db, [coffee, coffee])).toMatchObject({ added: 0, known: 2 });
  expect(importOf(db, [coffee, coffee, coffee])).toMatchObject({ added: 1, known: 2 });
  expect(count(db)).toBe(3);
});

test('two ids of the bank are two transactions, one id is one', () => {
  const db = memoryDatabase();
  importOf(db, [{ bankId: 'a' }]);
  expect(importOf(db, [{ bankId: 'b' }, { bankId: 'a' }])).toMatchObject({ added: 1, known: 1 });
  // A file without ids has the same two.
  expect(importOf(db, [coffee, coffee])).toMatchObject({ added: 0, known: 2 });
  expect(importOf(db, [{ bankId: 'a' }, { bankId: 'b' }, { bankId: 'c' }])).toMatchObject({ added: 1 });
});

test('a file with ids gives them to the rows of a file without', () => {
  const db = memoryDatabase();
  importOf(db, [coffee, coffee]);
  expect(importOf(db, [{ bankId: 'a' }, { bankId: 'b' }])).toMatchObject({ added: 0, known: 2 });
  expect(importOf(db, [{ bankId: 'c' }])).toMatchObject({ added: 1 });
});

test('an id that a bank uses twice in one file loses no row', () => {
  const db = memoryDatabase();
  const file = [{ bankId: 'a' }, { bankId: 'a', amountMinor: -900 }];
  expect(importOf(db, file)).toMatchObject({ added: 2 });
  expect(importOf(db, file)).toMatchObject({ added: 0, known: 2, updated: 0 });
  expect(importOf(db, file.toReversed())).toMatchObject({ added: 0, known: 2, updated: 0 });
});

test('an id that a bank uses again in a later file loses no row', () => {
  const db = memoryDatabase();
  const rent = { bankId: 'a', amountMinor: -125000, merchant: 'Landlord', description: 'Rent' };
  importOf(db, [{ bankId: 'a' }]);
  expect(importOf(db, [rent])).toMatchObject({ added: 1, updated: 0 });
  for (const file of [[rent], [{ bankId: 'a' }], [rent, { bankId: 'a' }]])
    expect(importOf(db, file)).toMatchObject({ added: 0, updated: 0, known: file.length });
  expect(totalOf(db)).toBe(-125450n);
  // As of a subscription: what the next month costs is no correction of this one.
  expect(importOf(db, [{ bankId: 'a', date: '2026-12-20' }])).toMatchObject({ added: 1, updated: 0 });
});

test('a correction by the bank changes the row, and an old file does not change it back', () => {
  const db = memoryDatabase();
  importOf(db, [{ bankId: 'a' }]);
  expect(importOf(db, [{ bankId: 'a', amountMinor: -500 }])).toMatchObject({ updated: 1, added: 0 });
  expect(importOf(db, [{ bankId: 'a' }])).toMatchObject({ updated: 0, known: 1 });
  expect(totalOf(db)).toBe(-500n);
});

test('a correction leaves what the user edited', () => {
  const db = memoryDatabase();
  importOf(db, [{ bankId: 'a' }]);
  db.exec("UPDATE transactions SET merchant = 'Luna', category_by = 'hand'");
  importOf(db, [{ bankId: 'a', amountMinor: -500 }]);
  expect(db.prepare('SELECT merchant, category_by AS "by" FROM transactions').get()).toEqual({
    merchant: 'Luna',
    by: 'hand',
  });
});

test('what the user edited is known, and stays', () => {
  const db = memoryDatabase();
  importOf(db, [coffee, { bankId: 'a', date: '2026-11-21' }]);
  db.exec("UPDATE transactions SET amount_minor = -1, date = '2026-01-01', merchant = ''");
  expect(importOf(db, [coffee, { bankId: 'a', date: '2026-11-21' }])).toMatchObject({ added: 0, known: 2 });
  expect(totalOf(db)).toBe(-2n);
});

test('pending becomes booked, in any order', () => {
  for (const first of [true, false]) {
    const db = memoryDatabase();
    importOf(db, [{ pending: first }]);
    importOf(db, [{ pending: !first }]);
    expect(db.prepare('SELECT pending FROM transactions').all()).toEqual([{ pending: 0 }]);
  }
});

test('what the user removed does not come back, and nothing else goes with it', () => {
  const db = memoryDatabase();
  importOf(db, [coffee, coffee, { bankId: 'a', date: '2026-11-21' }]);
  removeForGood(db, 1);
  removeForGood(db, 3);
  expect(importOf(db, [coffee, coffee, { bankId: 'a', date: '2026-11-21' }])).toMatchObject({ added: 0 });
  expect(importOf(db, [coffee, coffee, coffee])).toMatchObject({ added: 1 });
  expect(count(db)).toBe(2);
});

test('a pending one that the user removed comes back when the bank books it', () => {
  for (const bankId of [undefined, 'a']) {
    const db = memoryDatabase();
    importOf(db, [{ pending: true, bankId }]);
    removeForGood(db, 1);
    expect(importOf(db, [{ pending: true, bankId }])).toMatchObject({ added: 0, known: 1 });
    expect(importOf(db, [{ bankId }])).toMatchObject({ added: 1 });
    removeForGood(db, 1);
    removeForGood(db, 2);
    expect(importOf(db, [{ bankId }])).toMatchObject({ added: 0 });
  }
});

test('rows that the user edited refuse an undo, until it is meant', () => {
  const db = memoryDatabase();
  importOf(db, [coffee, { bankId: 'a' }]);
  db.exec("UPDATE transactions SET category_by = 'hand' WHERE id = 1");
  expect(() => undoImport(db, 1, { edited: false })).toThrow('you have edited 1');
  db.exec("UPDATE transactions SET category_by = 'rule', amount_minor = -1 WHERE id = 1");
  expect(() => undoImport(db, 1, { edited: false })).toThrow('you have edited 1');
  expect(undoImport(db, 1, { edited: true })).toMatchObject({ removed: 2 });
  expect(() => undoImport(db, 1, { edited: false })).toThrow('there is no import 1');
});

test('an import says how to name the account, and makes one that is new', () => {
  const db = memoryDatabase();
  importOf(db, [{ accountNumber: 'CH93 0076' }, { accountNumber: 'ch930076', date: '2026-11-01' }]);
  expect(db.prepare('SELECT name, number FROM accounts WHERE id > 1').all()).toEqual([
    { name: 'CH930076', number: 'CH930076' },
  ]);
  expect(() => importOf(db, [coffee])).toThrow('which account');
  importOf(db, [{ accountNumber: 'X1' }], 'Card');
  expect(importOf(db, [{ accountNumber: 'X1' }])).toMatchObject({ added: 0, known: 1 });
});

test('an account that a file names, as QIF does, is the one of this name, or a new one of it', () => {
  const db = memoryDatabase();
  importOf(db, [{ accountNumber: 'main' }, { accountNumber: 'Visa at Work' }]);
  importOf(db, [{ accountNumber: 'Main' }, { accountNumber: 'VISA at work' }]);
  expect(db.prepare('SELECT name, number FROM accounts').all()).toEqual([
    { name: 'Main', number: 'MAIN' },
    { name: 'Visa at Work', number: 'VISAATWORK' },
  ]);
});

test('an account that the user names takes all rows, and it is said if the file has another number', () => {
  const db = memoryDatabase();
  importOf(db, [{ accountNumber: 'X1' }]);
  const { accounts } = importOf(db, [{ accountNumber: 'X1' }, { accountNumber: 'X2' }], 'main');
  expect(accounts).toMatchObject([{ name: 'Main' }]);
  expect(db.prepare('SELECT count(*) FROM transactions WHERE account_id = 1').pluck().get()).toBe(2);
  const again = importOf(db, [{ accountNumber: 'X1' }], 'Main');
  expect(again).toMatchObject({ added: 0, known: 1, accounts: [{ name: 'Main', other: 'X1' }] });
});

test('a file of a hundred accounts makes none', () => {
  const db = memoryDatabase();
  const numbers = Array.from({ length: 100 }, (_, at) => ({ accountNumber: `A${at}` }));
  expect(() => importOf(db, numbers)).toThrow('more than 50 accounts');
  expect(db.prepare('SELECT count(*) FROM accounts').pluck().get()).toBe(1);
});

/** Few values, so that many rows are equal. */
const row = fc.record({
  date: fc.constantFrom('2026-10-31', '2026-11-01', '2026-12-31'),
  amountMinor: fc.constantFrom(-450, -451, 90071992547),
  merchant: fc.constantFrom('Luna', 'Sol'),
});
/** Exports of one account: of one list of transactions, each file has some days. */
const files = fc
  .tuple(
    fc.array(row, { maxLength: 8 }),
    fc.array(fc.uniqueArray(fc.constantFrom('2026-10-31', '2026-11-01', '2026-12-31'), { minLength: 1 }), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom('none', 'all', 'mixed'),
  )
  .map(([truth, exports, ids]) =>
    exports.map((days, nth) =>
      truth
        .map((one, at) =>
          ids === 'all' || (ids === 'mixed' && nth % 2) ? { ...one, bankId: `id ${at}` } : one,
        )
        .filter(({ date }) => days.includes(date)),
    ),
  );

test('imports in any order, and twice, give the same', () => {
  fc.assert(
    fc.property(files, fc.nat(), (exports, seed) => {
      const [one, other] = [memoryDatabase(), memoryDatabase()];
      for (const file of exports) importOf(one, file);
      const shuffled = exports.map((file, at) => ({ file, key: (seed * (at + 7)) % 11 }));
      for (const { file } of shuffled.sort((a, b) => a.key - b.key)) importOf(other, file.toReversed());
      expect(exported(other)).toBe(exported(one));
      const before = exported(one);
      for (const file of exports) expect(importOf(one, file)).toMatchObject({ added: 0, updated: 0 });
      expect(exported(one)).toBe(before);
    }),
    { numRuns: 150 },
  );
});

test('undo leaves what the other imports alone would have made', () => {
  fc.assert(
    fc.property(files, fc.nat({ max: 3 }), (exports, which) => {
      const [all, without] = [memoryDatabase(), memoryDatabase()];
      const undone = which % exports.length;
      const before = exports.map((file) => {
        const text = exported(all);
        importOf(all, file);
        return text;
      });
      for (const [at, file] of exports.entries()) if (at !== undone) importOf(without, file);
      undoImport(all, undone + 1, { edited: false });
      expect(exported(all)).toBe(exported(without));
      if (undone === exports.length - 1) expect(exported(all)).toBe(before[undone]);
    }),
    { numRuns: 150 },
  );
});

test("each period's spending sums to the whole", () => {
  fc.assert(
    fc.property(files, (exports) => {
      const db = memoryDatabase();
      for (const file of exports) importOf(db, file);
      const months = db
        .prepare('SELECT sum(amount_minor) FROM transactions GROUP BY substr(date, 1, 7)')
        .pluck()
        .safeIntegers()
        .all() as bigint[];
      expect(months.reduce((sum, minor) => sum + minor, 0n)).toBe(totalOf(db));
    }),
    { numRuns: 50 },
  );
});
