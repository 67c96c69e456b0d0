export type StatementFormat = 'csv' | 'ofx' | 'qif' | 'camt053';

const OFX = /^(OFXHEADER\s*:|\s*(<\?[^>]*>\s*)*<OFX[\s>]|\s*<\?OFX\s)/im;
const CAMT = /<(?:[\w.-]+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)|[:"']camt\.05[234]\.001\./;
/** Some banks leave the header out: the first lines are then those of an entry. */
const QIF = /^(!(type[: ]|account|option:|clear:)|D *\d[^\r\n]*[\r\n]+([A-Z$%][^\r\n]*[\r\n]+){1,20}\^)/i;
/** Others' formats: XML, HTML (banks' ".xls"), PDF, ZIP (".xlsx"), MT940. */
const NOT_CSV = /^(<|%PDF|PK|:20:|\{1:)/;

/** No header is longer. Patterns look at no more: some take the square of what they look at. */
const MAX_HEADER = 4_000;

/** The format by the beginning of a decoded file. Undefined if it is none that is read. */
export function detectFormat(sample: string): StatementFormat | undefined {
  const text = sample.replace(/^\uFEFF/, '').trimStart();
  const header = text.slice(0, MAX_HEADER);
  if (text.startsWith('<') && CAMT.test(text)) return 'camt053';
  if (OFX.test(header)) return 'ofx';
  if (QIF.test(header)) return 'qif';
  return !NOT_CSV.test(text) && !text.includes('\0') && /[,;\t|]/.test(text) ? 'csv' : undefined;
}

/**
 * The encoding that an OFX header or XML declaration names, as `TextDecoder` knows it. It may be wrong: many banks
 * name one and write UTF-8.
 */
export function encodingNamed(sample: string): string | undefined {
  const start = sample.trimStart().slice(0, MAX_HEADER);
  const xml = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start)?.[1];
  const label = xml ?? ofxEncoding(start);
  try {
    return label && new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

function ofxEncoding(start: string): string | undefined {
  const value = (name: string) =>
    new RegExp(`^(?:OFXHEADER|DATA)\\s*:[^<]*?${name}\\s*:\\s*([\\w-]{1,20}?)(?=\\s|<|[A-Z]+:)`, 'i').exec(
      start,
    )?.[1];
  if (/^(utf-?8|unicode)$/i.test(value('ENCODING') ?? '')) return 'utf-8';
  return value('CHARSET')
    ?.replace(/^(?=125\d$)/, 'windows-')
    .replace(/^(?=8859-)/, 'iso-');
}
