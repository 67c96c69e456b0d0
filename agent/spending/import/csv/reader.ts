import { NotAStatement, type StatementReader, type StatementSink } from '../statement.ts';
import { headerCells, usedColumns } from './columns.ts';
import { BadRow, type CsvOptions, EntryOfRow, type FileFacts } from './entry.ts';
import { type Places, placesByNumber, placesOf } from './places.ts';
import { preambleFacts } from './preamble.ts';
import { CsvRows } from './rows.ts';

/** A header that starts further down is none. */
const MAX_PREAMBLE = 100;

export function csvReader({ profile, currency }: CsvOptions, sink: StatementSink): StatementReader {
  const { columns, header } = profile;
  let entries: EntryOfRow | undefined;
  let above = 0;
  let lastLine = 1;
  const facts: FileFacts = {};

  const noHeader = (line: number) =>
    new NotAStatement(line, `no header row with the columns ${usedColumns(columns).join(', ')}`);
  const start = (places: Places | undefined, headerRow: readonly string[]): EntryOfRow | undefined =>
    places && new EntryOfRow({ profile, currency }, places, headerRow, facts);

  /** Undefined for the preamble and for the header row itself. */
  const below = (fields: readonly string[] | undefined, line: number): EntryOfRow | undefined => {
    if (entries !== undefined || fields === undefined) return entries;
    const cells = headerCells(fields);
    entries = start(
      placesOf(
        columns,
        cells.map(({ name }) => name),
      ),
      fields,
    );
    if (entries !== undefined) {
      const amounts = [columns.amount, columns.debit, columns.credit];
      facts.currency =
        cells.find(({ name, currency: own }) => own && amounts.includes(name))?.currency ?? facts.currency;
      return undefined;
    }
    Object.assign(facts, preambleFacts(fields));
    above += 1;
    lastLine = line;
    if (above > MAX_PREAMBLE) throw noHeader(line);
    return undefined;
  };

  if (!header) entries = start(placesByNumber(columns), []);
  if (!header && entries === undefined)
    throw new NotAStatement(1, 'the profile names columns, and has no header row');
  const rows = new CsvRows(profile.delimiter, (fields, line) => {
    const reader = below(fields, line);
    if (reader === undefined) return;
    try {
      if (fields === undefined) throw new BadRow('a quote that opens in this row is not closed');
      const entry = reader.of(fields, line);
      if (entry !== undefined) sink.entry(entry);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      sink.bad({ line, reason: error.message });
    }
  });
  return {
    push: (text) => rows.push(text),
    end: () => {
      rows.end();
      if (entries === undefined) throw noHeader(lastLine);
    },
  };
}
