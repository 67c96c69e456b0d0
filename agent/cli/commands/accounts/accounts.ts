import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { accounts, addAccount, renameAccount } from '../../../spending/household/accounts.ts';
import { changeOwn, readOwn } from '../../own-database.ts';
import { table } from '../../terminal/table.ts';

interface Flags {
  readonly json: boolean;
}

export function accountsList({ json }: Flags): void {
  const all = readOwn(accounts);
  if (json) return void out.line(jsonLine({ accounts: all }));
  out.line(
    ...table(
      [
        { title: ours`Account`, least: 12 },
        { title: ours`Transactions`, align: 'right' },
        { title: ours`Number`, least: 8, optional: true },
      ],
      all.map(({ name, number, transactions }) => [shown(name), ours`${transactions}`, shown(number ?? '')]),
      themeFor(process.stdout),
      out.columns,
    ),
  );
}

export function accountsAdd(name: string, { json }: Flags): void {
  const added = changeOwn((db) => addAccount(db, name));
  out.line(json ? jsonLine({ added }) : ours`Added the account ${shown(added.name)}`);
}

export function accountsRename(name: string, newName: string, { json }: Flags): void {
  const renamed = changeOwn((db) => renameAccount(db, name, newName));
  out.line(json ? jsonLine({ renamed }) : ours`Renamed ${shown(renamed.from)} to ${shown(renamed.to)}`);
}
