import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { ours, padded, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { imports } from '../../../spending/import/imports.ts';
import { readOwn } from '../../own-database.ts';
import { table } from '../../terminal/table.ts';

const COLUMNS = [
  { title: ours`No`, align: 'right' },
  { title: ours`On` },
  { title: ours`File`, least: 12 },
  { title: ours`Added`, align: 'right' },
  { title: ours`From`, optional: true },
  { title: ours`To`, optional: true },
] as const;

export function importsList({ json }: { json: boolean }): void {
  const all = readOwn(imports);
  if (json) return void out.line(jsonLine({ imports: all }));
  if (all.length === 0) err.line(ours`nothing has been imported yet`);
  const rows = all.map(({ id, importedAt, file, added, from, to }) => [
    padded(id, 0),
    shown(importedAt.slice(0, 10)),
    shown(file, 60),
    padded(added, 0),
    shown(from ?? ''),
    shown(to ?? ''),
  ]);
  out.line(...table(COLUMNS, rows, themeFor(process.stdout), out.columns));
}
