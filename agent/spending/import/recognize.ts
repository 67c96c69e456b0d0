import { camt053Reader } from './camt053/reader.ts';
import type { Known } from './csv/built-in.ts';
import type { CsvProfile } from './csv/profile.ts';
import { csvReader } from './csv/reader.ts';
import { understand } from './csv/understand.ts';
import { isEncoding, sniffEncoding } from './decode.ts';
import { detectFormat, encodingNamed, type StatementFormat } from './detect.ts';
import { ofxReader } from './ofx/reader.ts';
import { qifReader } from './qif/reader.ts';
import { understandQif } from './qif/understand.ts';
import { otherKind } from './source.ts';
import { NotAStatement, type StatementEntry, type StatementReader, type StatementSink } from './statement.ts';

/** How one thing about a file was understood. The flag `--NAME VALUE` settles it. */
export interface Aspect {
  readonly name: string;
  readonly value: string;
  readonly certain: boolean;
  readonly alternatives: readonly string[];
  readonly why: string;
}

/** What the user has said about the file. */
export interface Settled {
  readonly format?: StatementFormat | undefined;
  readonly encoding?: string | undefined;
  /** Everything about a CSV file. */
  readonly profile?: CsvProfile | undefined;
  /** The built-in profile to read a CSV file by, whatever its header row. */
  readonly builtIn?: string | undefined;
  readonly csv: Known;
}

export interface Recognized {
  readonly format: StatementFormat;
  readonly encoding: string;
  /** For a preview. The user must be asked for those that are not certain. */
  readonly aspects: readonly Aspect[];
  /** Of a CSV file. */
  readonly profile?: CsvProfile | undefined;
  /** The built-in profile whose header row this is. */
  readonly builtIn?: string | undefined;
  /** `currency`: of amounts without one. */
  readonly reader: (currency: string, sink: StatementSink) => StatementReader;
}

/** The flag that would help. */
export class NotRecognized extends NotAStatement {
  readonly flag: string;
  constructor(reason: string, flag: string) {
    super(0, reason);
    this.flag = flag;
  }
}

/** How to read a file, by its first bytes. `whole`: they are all of it. Throws NotAStatement. */
export function recognize(head: Uint8Array, whole: boolean, settled: Settled): Recognized {
  if (head.length === 0) throw new NotAStatement(0, 'is empty');
  const other = otherKind(head);
  if (other !== undefined) throw new NotAStatement(0, `is ${other}, not a file of transactions`);
  if (settled.encoding !== undefined && !isEncoding(settled.encoding))
    throw new NotRecognized(`there is no encoding "${settled.encoding.slice(0, 40)}"`, 'encoding');
  const declared = encodingNamed(Buffer.from(head.subarray(0, 2_000)).toString('latin1'));
  const guess = sniffEncoding(head, declared);
  const encoding = settled.encoding ?? guess.encoding;
  const text = new TextDecoder(encoding).decode(head, { stream: !whole });
  const format = settled.format ?? detectFormat(text);
  if (format === undefined)
    throw new NotRecognized('is neither CSV, OFX, QIF nor camt.053, or is damaged', 'format');
  const ofEncoding: Aspect = {
    name: 'encoding',
    value: encoding,
    certain: settled.encoding !== undefined || guess.certain,
    alternatives: guess.alternatives,
    why: 'the letters beyond ASCII fit several',
  };
  const read = readerOf(format, text, whole, settled);
  return { format, encoding, ...read, aspects: [ofEncoding, ...read.aspects] };
}

/** The first transactions as they would be read, for a preview. */
export function firstEntries(
  { encoding, reader: readerFor }: Recognized,
  head: Uint8Array,
  currency: string,
  most: number,
): StatementEntry[] {
  const entries: StatementEntry[] = [];
  const entry = (one: StatementEntry) => void (entries.length < most && entries.push(one));
  try {
    const reader = readerFor(currency, { entry, bad: () => {} });
    reader.push(new TextDecoder(encoding).decode(head.subarray(0, PREVIEWED_BYTES), { stream: true }));
  } catch (error) {
    // The import reports it.
    if (!(error instanceof NotAStatement)) throw error;
  }
  return entries;
}

const PREVIEWED_BYTES = 16 * 1024;

function readerOf(format: StatementFormat, text: string, whole: boolean, settled: Settled) {
  if (format === 'csv') return ofCsv(text, whole, settled);
  if (format === 'qif') return ofQif(text, settled.csv);
  const make = format === 'ofx' ? ofxReader : camt053Reader;
  return { aspects: [], reader: (currency: string, sink: StatementSink) => make({ currency }, sink) };
}

function ofCsv(
  text: string,
  whole: boolean,
  { profile, builtIn, csv }: Settled,
): Omit<Recognized, 'format' | 'encoding'> {
  const reader = (own: CsvProfile) => (currency: string, sink: StatementSink) =>
    csvReader({ profile: own, currency }, sink);
  if (profile !== undefined) return { profile, aspects: [], reader: reader(profile) };
  const understood = understand(text, { whole, builtIn, settled: csv });
  if (!understood.ok) throw new NotRecognized(understood.reason, understood.flag);
  return { ...understood, reader: reader(understood.profile) };
}

function ofQif(text: string, { dates, decimal }: Known): Omit<Recognized, 'format' | 'encoding'> {
  const guess = understandQif(text);
  const dateOrder = dates ?? guess.dateOrder;
  const sign = decimal ?? guess.decimal;
  const aspects: Aspect[] = [
    {
      name: 'dates',
      value: dateOrder,
      certain: dates !== undefined || guess.certain.dateOrder,
      alternatives: ['dmy', 'mdy', 'ymd'],
      why: 'its dates can be read in several orders',
    },
    {
      name: 'decimal',
      value: sign,
      certain: decimal !== undefined || guess.certain.decimal,
      alternatives: ['.', ','],
      why: 'its amounts can be read in two ways',
    },
  ];
  return { aspects, reader: (currency, sink) => qifReader({ currency, dateOrder, decimal: sign }, sink) };
}
