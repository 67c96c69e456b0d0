/** First words of rows that sum others up, in the languages of `names.ts`. */
const TOTAL =
  /^(?:(?:grand |sub|end)?total|summe|gesamt|saldo|kontostand|anfangssaldo|endsaldo|schlusssaldo|umsatz(?:total|summe)|closing|opening|starting|ending|beginning|balance|solde|totaux|totale|saldi|totaal|beginsaldo|eindsaldo|saldo|totales)\b/i;

/** A row of totals or of a balance. For rows that lack a date or an amount: "Total" is also a petrol station. */
export const isTotal = (fields: readonly string[]): boolean =>
  fields.some((field) => TOTAL.test(field.trimStart()));
