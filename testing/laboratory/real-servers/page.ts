import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = new URL('../../../agent/sandbox/REAL-SERVERS.md', import.meta.url);
const [BEGIN, END] = ['<!-- made by npm run real-servers -- --write -->', '<!-- end -->'];

/** What stands between the marks in the page. */
export function written(): string {
  const text = readFileSync(PAGE, 'utf8');
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim();
}

export function write(findings: string): void {
  const now = readFileSync(PAGE, 'utf8');
  const [before, after] = [now.slice(0, now.indexOf(BEGIN)), now.slice(now.indexOf(END))];
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${findings}\n\n${after}`);
}
