import { expect, test } from 'vitest';
import { builtInProfiles } from '../../../../../agent/spending/import/csv/built-in.ts';
import { CsvProfile } from '../../../../../agent/spending/import/csv/profile.ts';
import { understand } from '../../../../../agent/spending/import/csv/understand.ts';

function understood(text: string, settled = {}) {
  const result = understand(text, { whole: true, settled });
  if (!result.ok) throw new Error(result.reason);
  const aspect = (name: string) => result.aspects.find((each) => each.name === name);
  return {
    ...result,
    aspect,
    open: result.aspects.filter(({ certain }) => !certain).map(({ name }) => name),
  };
}

const csv = (...lines: string[]) => lines.join('\n');

test.each([
  ['days up to the 12th leave day and month open', ['03/04/2026,A,-1.00', '05/04/2026,B,-2.00'], ['dates']],
  ['one later day settles it', ['03/04/2026,A,-1.00', '13/04/2026,B,-2.00'], []],
  ['dots settle it', ['03.04.2026,A,-1.00', '05.04.2026,B,-2.00'], []],
  ['the same day and month is either way the same', ['03/03/2026,A,-1.00', '04/04/2026,B,-2.00'], []],
  ['months by name settle it', ['3 Apr 2026,A,-1.00', '5 Apr 2026,B,-2.00'], []],
  ['thousands or decimals', ['2026-04-03,A,"-1,234"', '2026-04-05,B,"-2,345"'], ['decimal']],
  ['one amount with both signs settles it', ['2026-04-03,A,"-1,234"', '2026-04-05,B,"-2,345.00"'], []],
  ['a comma before two digits is the decimal sign', ['2026-04-03,A,"-1,50"', '2026-04-05,B,"-2,345"'], []],
  ['only positive amounts: spent or earned', ['2026-04-03,A,1.00', '2026-04-05,B,2.00'], ['sign']],
  ['as many positive as negative', ['2026-04-03,A,1.00', '2026-04-05,B,-2.00'], ['sign']],
  ['wages are money in', ['2026-04-03,Salary April,100.00', '2026-04-05,B,-2.00'], []],
  [
    'wages that are paid say nothing',
    ['2026-04-03,A,100.00', '2026-04-05,Salary of the cleaner,-2.00'],
    ['sign'],
  ],
  [
    'on a card, only what is paid to it is negative',
    ['2026-04-03,A,1.00', '2026-04-05,PAYMENT THANK YOU,-1.00'],
    [],
  ],
  [
    'but not where refunds are negative, too',
    ['2026-04-03,A,1.00', '2026-04-05,PAYMENT THANK YOU,-1.00', '2026-04-06,B,-1.00', '2026-04-06,B,1.00'],
    ['sign'],
  ],
  ['where only CR stands, the rest is spent', ['2026-04-03,A,1.00', '2026-04-05,B,2.00 CR'], []],
])('%s', (_, rows, open) => {
  expect(understood(csv('Date,Text,Amount', ...rows)).open).toEqual(open);
});

test('what is open has a reason and the values that settle it, and is settled by the user', () => {
  const text = csv('Date,Text,Amount', '03/04/2026,A,1.00', '04/04/2026,B,2.00');
  const { aspect } = understood(text);
  expect(aspect('dates')).toEqual({
    name: 'dates',
    value: 'dmy',
    certain: false,
    alternatives: ['dmy', 'mdy'],
    why: '03/04/2026 is 2026-04-03 or 2026-03-04',
  });
  expect(aspect('sign')?.alternatives).toEqual(['out-negative', 'out-positive']);
  const settled = understood(text, { dates: 'mdy', sign: 'out-positive' });
  expect(settled.open).toEqual([]);
  expect(settled.profile).toMatchObject({ dates: 'mdy', sign: 'out-positive' });
});

test.each([
  [
    'newest last',
    ['2026-04-03,A,10.00,90.00', '2026-04-04,B,20.00,70.00', '2026-04-05,C,30.00,40.00'],
    'out-positive',
  ],
  [
    'newest first',
    ['2026-04-05,C,30.00,40.00', '2026-04-04,B,20.00,70.00', '2026-04-03,A,10.00,90.00'],
    'out-positive',
  ],
  [
    'money in',
    ['2026-04-03,A,10.00,110.00', '2026-04-04,B,20.00,130.00', '2026-04-05,C,30.00,160.00'],
    'out-negative',
  ],
])('the balance settles what positive means: %s', (_, rows, sign) => {
  const { profile, open } = understood(csv('Date,Text,Amount,Balance', ...rows));
  expect(profile.sign).toBe(sign);
  expect(open).toEqual([]);
});

test('the balance settles the decimal sign', () => {
  const rows = ['2026-04-03;A;-1.000;9.000', '2026-04-04;B;-2.000;7.000', '2026-04-05;C;-1.500;5.500,00'];
  expect(understood(csv('Datum;Text;Betrag;Saldo', ...rows)).profile.decimal).toBe(',');
});

test('a balance that follows neither sign leaves it open', () => {
  const rows = [
    '2026-04-03,A,-1.00,5.00',
    '2026-04-04,B,-2.00,77.00',
    '2026-04-05,C,-3.00,4.00',
    '2026-04-06,D,-3.00,9.00',
  ];
  expect(understood(csv('Date,Text,Amount,Balance', ...rows)).open).toEqual(['sign']);
});

test('fees that only the balance has are taken off', () => {
  const fees = (...balances: string[]) => {
    const rows = balances.map((balance, n) => `2026-04-0${n + 1},Shop,-10.00,0.50,${balance}`);
    return understood(csv('Date,Text,Amount,Fee,Balance', ...rows)).profile.columns.fee;
  };
  expect(fees('100.00', '89.50', '79.00', '68.50')).toBe('fee');
  expect(fees('100.00', '90.00', '80.00', '70.00')).toBeUndefined();
});

test('a balance at the end of each day is enough, and an account of the other party is none of the household', () => {
  const { profile, open } = understood(
    csv(
      'Date,Text,Amount,Balance,IBAN',
      '2026-04-06,A,1.00,87.00,DE1',
      '2026-04-05,A,5.00,88.00,DE1',
      '2026-04-05,B,2.00,,DE1',
      '2026-04-03,C,5.00,95.00,DE1',
    ),
  );
  expect([profile.sign, open, profile.columns.account]).toEqual(['out-positive', [], undefined]);
});

test('a currency that is none of ISO 4217 is not taken for the household currency', () => {
  const rows = ['Date,Amount,Currency,Payee', '2026-11-20,-1.00,BTC,A', '2026-11-21,-2.00,ETH,B'];
  expect(understood(csv(...rows)).profile.columns.currency).toBe('currency');
  const one = ['2026-11-20,-1.00,Francs,A', '2026-11-21,-2.00,Euros,B', '2026-11-22,-3.00,CHF,C'];
  expect(understood(csv(rows[0] ?? '', ...one)).profile.columns.currency).toBe('currency');
});

test('the booking amount and its currency count, not those of the purchase abroad', () => {
  const { profile } = understood(
    csv(
      'Buchungstag;Originalbetrag;Originalwährung;Empfänger;Betrag;Währung;Kurs',
      '03.04.2026;-12,00;USD;Shop;-11,00;EUR;1,09',
      '04.04.2026;-24,00;USD;Shop;-22,00;EUR;1,09',
    ),
  );
  expect(profile.columns).toMatchObject({ amount: 'betrag', currency: 'währung', date: ['buchungstag'] });
  const named = csv(
    'Date,Text,Amount,Currency,Amount in CHF',
    '2026-04-03,A,-5.00,USD,-4.00',
    '2026-04-04,B,-9.00,USD,-7.00',
  );
  expect(understood(named).profile.columns).toMatchObject({ amount: 'amount (2)' });
  expect(understood(named).profile.columns.currency).toBeUndefined();
});

test('an id that two amounts share is none', () => {
  const rows = ['2026-04-03,A,-1.00,X1', '2026-04-04,B,-2.00,X1', '2026-04-05,C,-2.00,X2'];
  const { columns } = understood(csv('Date,Payee,Amount,Transaction ID', ...rows)).profile;
  expect(columns.bankId).toBeUndefined();
  const unique = rows.map((row, n) => `${row}${n}`);
  expect(understood(csv('Date,Payee,Amount,Transaction ID', ...unique)).profile.columns.bankId).toBe(
    'transaction id',
  );
});

test('the user names columns as they stand in the file', () => {
  const text = csv('Wann;Wer;Wie viel (EUR)', '2026-04-03;A;-1,00', '2026-04-04;B;-2,00');
  expect(understood(text).open).toEqual(['columns']);
  const settled = { columns: { date: ['Wann'], amount: 'Wie viel (EUR)', merchant: ['Wer'] } };
  const { open, profile } = understood(text, settled);
  expect(open).toEqual([]);
  expect(profile.columns).toMatchObject({ date: ['wann'], amount: 'wie viel', merchant: ['wer'] });
  expect(understand(text, { whole: true, settled: { columns: { amount: 'Betrag' } } })).toEqual({
    ok: false,
    reason: 'no column "betrag" among "wann", "wer", "wie viel"',
    flag: 'columns',
  });
});

test.each([
  ['an empty file', ''],
  ['a text', 'Dear Sir,\nplease find enclosed\n'],
  ['a list of names', 'id,name\n1,a\n2,b\n'],
])('%s is not understood', (_, text) =>
  expect(understand(text, { whole: true })).toMatchObject({ ok: false }),
);

test.each([
  ['Date,Text,Amount\n', ','],
  ['Konto:;CH93\n\nDatum;Text;Belastung;Gutschrift\n\n', ';'],
])('a file that ends with its header row is a month without transactions', (text, delimiter) => {
  expect(understood(text)).toMatchObject({ open: [], profile: { delimiter, header: true } });
  expect(understand(`${text}31/31/2026,x,y`, { whole: true }).ok).toBe(false);
  expect(understand(text, { whole: false }).ok).toBe(false);
});

test('a profile is plain JSON', () => {
  const { profile } = understood(csv('Date,Text,Amount', '2026-04-03,A,-1.00'));
  expect(CsvProfile.parse(JSON.parse(JSON.stringify(profile)))).toEqual(profile);
});

test.each(builtInProfiles.map(({ name, signature, known }) => ({ name, signature, known })))(
  '$name names its columns as header rows do',
  ({ signature, known }) => {
    expect(signature).toEqual(signature.map((name) => name.toLowerCase().trim()));
    expect(Object.keys(known).length).toBeGreaterThan(0);
  },
);
