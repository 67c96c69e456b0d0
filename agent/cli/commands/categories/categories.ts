import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { counted, ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { Ledger } from '../../../alerts/ledger/ledger.ts';
import { loadEnvironment, stateDir } from '../../../settings/environment.ts';
import {
  addCategory,
  categoryUses,
  removeCategory,
  renameCategory,
} from '../../../spending/household/categories.ts';
import { changeOwn, ownDatabase, readOwn } from '../../own-database.ts';
import { table } from '../../terminal/table.ts';

interface Flags {
  readonly json: boolean;
}

export function categoriesList({ json }: Flags): void {
  const categories = readOwn(categoryUses);
  if (json) return void out.line(jsonLine({ categories }));
  if (categories.length === 0) err.line(ours`no categories yet`);
  const count = (number: number) => (number === 0 ? ours`` : ours`${number}`);
  out.line(
    ...table(
      [
        { title: ours`Category`, least: 20 },
        { title: ours`Kind` },
        { title: ours`Count`, align: 'right' },
        { title: ours`Budgets`, align: 'right' },
        { title: ours`Rules`, align: 'right', optional: true },
      ],
      categories.map(({ name, kind, transactions, budgets, rules }) => [
        shown(name),
        shown(kind),
        ours`${transactions}`,
        count(budgets),
        count(rules),
      ]),
      themeFor(process.stdout),
      out.columns,
    ),
  );
}

export function categoriesAdd(name: string, { income, json }: Flags & { income: boolean }): void {
  const added = changeOwn((db) => addCategory(db, name, income ? 'income' : 'expense'));
  out.line(json ? jsonLine({ added }) : ours`Added the category ${shown(added.name)} (${shown(added.kind)})`);
}

export function categoriesRename(name: string, newName: string, { json }: Flags): void {
  const environment = loadEnvironment();
  const database = ownDatabase(environment);
  // Snoozes are kept by name. A ledger that cannot be opened is reported before anything changes.
  const ledger = Ledger.openIfThere(stateDir(environment));
  try {
    const renamed = changeOwn((db) => renameCategory(db, name, newName));
    const snooze = ledger?.snoozes(database).find(({ category }) => category === renamed.from);
    if (snooze !== undefined) {
      ledger?.snooze(database, renamed.from, undefined);
      ledger?.snooze(database, renamed.to, snooze.until);
    }
    out.line(json ? jsonLine({ renamed }) : ours`Renamed ${shown(renamed.from)} to ${shown(renamed.to)}`);
  } finally {
    ledger?.close();
  }
}

export function categoriesRemove(name: string, { to: target, json }: Flags & { to?: string }): void {
  const { removed, to } = changeOwn((db) => removeCategory(db, name, target));
  const moved =
    to === undefined ? ours`` : ours`; ${shown(to)} has ${counted(removed.transactions, 'transaction')} more`;
  out.line(
    json
      ? jsonLine({ removed: removed.name, to: to ?? null, transactions: removed.transactions })
      : ours`Removed the category ${shown(removed.name)}${moved}`,
  );
}
