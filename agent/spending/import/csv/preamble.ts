import { currencyCode } from '../../money.ts';

const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b/;
const CURRENCY_LABEL =
  /^(?:currency|w[äa]hrung|devise|monnaie|valuta|divisa|moneda|bewertet in|valued in)\b/i;

/** What the lines above the header say of all rows. */
export function preambleFacts(fields: readonly string[]): { account?: string; currency?: string } {
  const account = fields.map((field) => IBAN.exec(field)?.[0]).find((iban) => iban !== undefined);
  const code = CURRENCY_LABEL.test(fields[0]?.trimStart() ?? '')
    ? /\b[A-Z]{3}\b/.exec(fields.slice(1).join(' '))?.[0]
    : undefined;
  return {
    ...(account !== undefined && { account: account.replaceAll(' ', '') }),
    ...(code !== undefined && currencyCode(code) !== undefined && { currency: code }),
  };
}
