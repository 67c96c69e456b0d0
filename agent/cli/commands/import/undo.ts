import { jsonLine } from '@spendwise/sandbox/json-line';
import { out } from '@spendwise/sandbox/screen';
import { ours, shown } from '@spendwise/sandbox/shown';
import { undoImport } from '../../../spending/import/imports.ts';
import { changeOwn } from '../../own-database.ts';

export function importUndo(id: number, { edited, json }: { edited: boolean; json: boolean }): void {
  const undone = changeOwn((db) => undoImport(db, id, { edited }));
  if (json) return void out.line(jsonLine({ undone }));
  const { file, removed, restored, kept } = undone;
  out.line(
    ours`Undone: import ${id}, ${shown(file, 60)}`,
    ours`  ${removed} removed`,
    ...(restored > 0 ? [ours`  ${restored} as they were before`] : []),
    ...(kept > 0 ? [ours`  ${kept} stay: other imports have them too`] : []),
  );
}
