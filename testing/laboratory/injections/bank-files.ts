import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForWriting } from '../../../agent/spending/database.ts';
import { importFile } from '../../../agent/spending/import/import-file.ts';
import { recognize } from '../../../agent/spending/import/recognize.ts';
import { Source } from '../../../agent/spending/import/source.ts';

export interface BankFile {
  readonly name: string;
  readonly text: string;
  /** As the person names it: `--account`. */
  readonly account?: string;
}

const today = (): string => Temporal.Now.plainDateISO().toString();

export const csv = ({
  merchant = 'Seeclub',
  account,
}: {
  merchant?: string;
  account?: string;
}): BankFile => ({
  name: 'statement.csv',
  text: `Date,Amount,Currency,Payee\n${today()},-12.00,CHF,"${merchant.replaceAll('"', '""')}"\n`,
  ...(account === undefined ? {} : { account }),
});

const inMarkup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export const ofx = ({ accountNumber }: { accountNumber: string }): BankFile => ({
  name: 'statement.ofx',
  text: `OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:UTF-8

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>CHF
<BANKACCTFROM><BANKID>1<ACCTID>${inMarkup(accountNumber)}<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>${today().replaceAll('-', '')}<TRNAMT>-12.00<FITID>1<NAME>Seeclub</STMTTRN></BANKTRANLIST>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
`,
});

export const camt053 = ({ remittance }: { remittance: string }): BankFile => ({
  name: 'statement.xml',
  text: `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>CH9300762011623852957</IBAN></Id><Ccy>CHF</Ccy></Acct>
<Ntry><Amt Ccy="CHF">12.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${today()}</Dt></BookgDt>
<AcctSvcrRef>1</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>${inMarkup(remittance)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>
`,
});

/** As `spendwise import` does it. */
export async function importBankFile(database: string, { name, text, account }: BankFile): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-injections-'));
  const db = openForWriting(database);
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    const source = await Source.open(path);
    try {
      const recognized = recognize(source.head(source.size), true, { csv: {} });
      const how = { account, currency: undefined, dryRun: false, skipBadRows: false };
      const outcome = await importFile(db, source, recognized, how);
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.bad));
    } finally {
      source.close();
    }
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}
