/**
 * What banks call their columns, in English, German, French, Italian, Spanish and Dutch, the best one first: a date of
 * booking counts before one of value, a payee before a text. Names are those of `headerCells`.
 */
export const COLUMN_NAMES = {
  date: [
    /^(booking|booked|posting|posted|post|entry|accounting|settlement) ?(date|at|on)?$|^completed date( \(.*\))?$|^date posted$/,
    /^(buchung|buchungs(datum|tag|zeit)|datum der buchung|gebucht am|abschlussdatum)$/,
    /^(date (de )?(comptabilisation|compta(ble)?|valeur comptable)|date ?op(ération|eration|é)?|date (d'|de l')(opération|operation|écriture|exécution)|date d'inscription|comptabilisé le)$/,
    /^(data (contabile|di contabilizzazione|operazione|registrazione)|contabilizzato il)$/,
    /^(fecha (de )?(la )?(contable|contabilización|operación|operacion|oper\.?|movimiento)|f\.? ?operación|f\. oper\.)$/,
    /^(boek(ings)?datum|datum boeking|transactiedatum|boekdatum)$/,
    /^((transaction|trans\.?|trade|purchase) ?date|date of transaction|transaktionsdatum|umsatztag|belegdatum|kaufdatum|einkaufsdatum|date (de )?transaction|date d'achat|data (della )?transazione)$/,
    /^(date|datum|data|fecha|date\/time|date time|datetime|created|timestamp|date \(utc\)|time)$/,
    /^(created on|created at|finished on|started date|date started|startdatum)( \(.*\))?$/,
    /^(value ?date|valuta|valuta-?datum|wertstellung(s(datum|tag))?|wert|valutadatum|date (de )?valeur|data valuta|fecha (de )?valor|f\. ?valor|rentedatum|interest date)$/,
  ],
  amount: [
    /^(net|netto|net amount|montant net)$/,
    /^(amount|betrag|umsatz|montant|importo|importe|bedrag|buchungsbetrag|transaction amount|transaktionsbetrag|booking amount|zahlungsbetrag|einzelbetrag|total amount|billing amount|abrechnungsbetrag|montant de (l')?(opération|transaction)|importo operazione|importe operación|transactiebedrag|movimiento)$/,
    /^(amount|betrag|montant|importo|importe|bedrag|value|wert|cantidad|cuantía|somme|umsatz)\b(?!.*(original|fremd|foreign|local|fee))/,
  ],
  debit: [
    /^(debit|debits|debit amount|amount debit|withdrawals?|withdrawal amount|money out|paid out|payments?|spent|out|outflow|charges?)$/,
    /^(belastung(en|sbetrag)?|lastschrift(en)?|soll|ausgaben?|ausgang|ausgänge|auszahlung(en)?|lastschriften)$/,
    /^(débits?|debits?|montant débit|débit montant|dépenses?|sorties?|retraits?)$/,
    /^(addebit[oi]|dare|uscite|uscita|importo dare|spese)$/,
    /^(cargos?|debe|gastos?|salidas?|retiros?|débitos?)$/,
    /^(af|debet|uitgaven|afschrijving(en)?|bedrag af)$/,
  ],
  credit: [
    /^(credit|credits|credit amount|amount credit|deposits?|deposit amount|money in|paid in|received|in|inflow|payments? received)$/,
    /^(gutschrift(en)?|gutschriftsbetrag|haben|einnahmen?|eingang|eingänge|einzahlung(en)?)$/,
    /^(crédits?|credits?|montant crédit|recettes?|entrées?|versements?|dépôts?)$/,
    /^(accredit[oi]|avere|entrate|entrata|importo avere)$/,
    /^(abonos?|haber|ingresos?|entradas?|depósitos?|créditos?)$/,
    /^(bij|credit|inkomsten|bijschrijving(en)?|bedrag bij)$/,
  ],
  direction: [
    /^(debit\/credit|credit\/debit|dr\/cr|cr\/dr|drcr|d\/c|c\/d|credit debit indicator|debit credit|transaction type|direction|sign|type|typ|details)$/,
    /^(soll\/haben|s\/h|soll-?haben-?kennzeichen|vorzeichen|umsatzart|belastung\/gutschrift|kennzeichen)$/,
    /^(sens|débit\/crédit|debit ?\/ ?credit|sens de l'opération|dare\/avere|segno|cargo\/abono|debe\/haber|tipo)$/,
    /^(af ?\/? ?bij|bij ?\/? ?af|debet\/credit|debet ?\/ ?credit|debit\/credit)$/,
  ],
  currency: [
    /^(currency|ccy|währung|waehrung|devise|monnaie|valuta|divisa|moneda|munt|muntsoort|account currency|kontowährung|currency code|währung der buchung|buchungswährung|valutacode)$/,
    /^(währung|devise|divisa|valuta|currency|munt)\b(?!.*(original|fremd|foreign|local|dest))/,
  ],
  balance: [
    /^((running |account |available |current |closing |ledger )?balance|balance after.*|saldo( nach .*| na .*)?|kontostand|solde( après.*)?|saldo (contabile|disponibile|disponible)|running bal\.?|saldo na (trn|mutatie))$/,
  ],
  merchant: [
    /^(payee|payee name|merchant|merchant name|vendor|counterparty( name)?|counter party|partner name|beneficiary( name)?|recipient( name)?|target name|payee\/payer|name|to|paid to|business)$/,
    /^(empfänger|empfaenger|zahlungsempfänger(\*in)?|begünstigter?|begünstigter\/zahlungspflichtiger|beguenstigter\/zahlungspflichtiger|auftraggeber ?\/ ?(empfänger|begünstigter)|auftraggeber\/zahlungsempfänger|empfänger ?\/ ?(auftraggeber|zahlungspflichtiger)|empfänger\/zahlungspflichtiger|zahlungspflichtiger\/empfänger|name zahlungsbeteiligter|gegenpartei|partnername|händler|name des (partners|händlers)|auftraggeber\/empfänger|gegenkonto name|name gegenkonto|partner|beschreibung1)$/,
    /^(bénéficiaire|tiers|contrepartie|nom (de la )?contrepartie|nom du (bénéficiaire|tiers)|commerçant|destinataire)$/,
    /^(beneficiario|controparte|esercente|negozio|comercio|establecimiento|ordenante|beneficiario\/ordenante|destinatario|nombre)$/,
    /^(naam|naam ?\/ ?omschrijving|tegenpartij|naam tegenpartij|naam tegenrekening|tegenrekening naam|begunstigde|naam begunstigde)$/,
  ],
  payer: [
    /^(payer|payer name|sender|sender name|source name|auftraggeber|zahlungspflichtiger?(\*r)?|donneur d'ordre|opdrachtgever|from)$/,
  ],
  description: [
    /^(description( ?\d)?|transaction description|narrative|narration|details( ?\d)?|transaction details|memo|notes?|notes and #tags|reference text|payment reference|reference|particulars|remittance information|remarks?|transaction remarks|purpose|message|text|additional information|extended details|original description|transaction|subject|item title)$/,
    /^(beschreibung( ?\d)?|buchungstext|verwendungszweck|verwendungszweckzeile ?\d+|avisierungstext|buchungsdetails|mitteilung(stext)?|zahlungszweck|zahlungsreferenz|vorgang( ?\/ ?verwendungszweck)?|umsatztext|buchungsinformationen|notiz(en)?|umsatztyp|betreff|zahlungsgrund|details zur buchung|fussnoten|bemerkung(en)?)$/,
    /^(libellé.*|libelle.*|détails?|communications?|motif|intitulé|référence|texte( de notification)?|description|message|informations? complémentaires?|nature.*)$/,
    /^(descrizione( .*)?|causale|dettagli|note|testo( di avviso)?|motivo|informazioni|operazione)$/,
    /^(concepto( .*)?|descripción|descripcion|observaciones|movimiento|detalle|más datos|remesa)$/,
    /^(omschrijving(-?\d)?|mededeling(en)?|beschrijving|betalingskenmerk|transactieomschrijving|details|notities|mutatiesoort)$/,
  ],
  bankId: [
    /^(transaction ?id|transaction code|fitid|unique id|bank transaction id|transaktions-?(id|nr\.?|code)|buchungs-?(id|nr\.?)|umsatz-?id|numéro de transaction|id transazione|id transacción|volgnr|volgnummer|transaction no\.?|entry reference|bankreferenz|id)$/,
  ],
  status: [/^(status|state|statut|stato|estado|transaktionsstatus|umsatzstatus|gebucht|booking status)$/],
  category: [
    /^(category|kategorie|hauptkategorie|catégorie|categoria|categoría|categorie|rubrik|spending category|merchant category)$/,
  ],
  account: [
    /^(iban|account( number)?|account no\.?|kontonummer|konto|auftragskonto|iban auftragskonto|iban kontoinhaber|compte|numéro de compte|conto|numero conto|cuenta|rekening(nummer)?|rekening|iban\/bban|account iban|eigenes konto|ihr konto)$/,
  ],
} as const satisfies Record<string, readonly RegExp[]>;
export type ColumnRole = keyof typeof COLUMN_NAMES;

/** The column of that role, among those not yet taken. */
export function columnOf(role: ColumnRole, names: readonly string[]): string | undefined {
  return allOf(role, names)[0];
}

/** All columns of that role, the best one first. */
export function allOf(role: ColumnRole, names: readonly string[]): string[] {
  return COLUMN_NAMES[role].flatMap((pattern) => names.filter((name) => pattern.test(name))).filter(unique);
}

const unique = <T>(value: T, at: number, all: readonly T[]) => all.indexOf(value) === at;
/** How many cells of a row are names of columns that banks use. */
export const knownNames = (names: readonly string[]): number =>
  names.filter((name) =>
    Object.values(COLUMN_NAMES).some((patterns) => patterns.some((pattern) => pattern.test(name))),
  ).length;

/** Words that say money went out or came in, and words of rows that are not final, or no transactions. */
export const WORDS = {
  out: [
    'd',
    'dr',
    'db',
    'dbit',
    'debit',
    'debet',
    'debito',
    'débito',
    'débit',
    'deb',
    's',
    'soll',
    'belastung',
    'lastschrift',
    'af',
    '-',
    'out',
    'dare',
    'addebito',
    'cargo',
    'debe',
    'sortie',
    'withdrawal',
    'expense',
    'ausgang',
    'ausgabe',
  ],
  in: [
    'c',
    'cr',
    'crdt',
    'credit',
    'credito',
    'crédito',
    'crédit',
    'cred',
    'h',
    'haben',
    'gutschrift',
    'bij',
    '+',
    'in',
    'avere',
    'accredito',
    'abono',
    'haber',
    'entrée',
    'deposit',
    'income',
    'eingang',
    'einnahme',
  ],
  pending: [
    'pending',
    'authorised',
    'authorized',
    'processing',
    'in progress',
    'vorgemerkt',
    'ausstehend',
    'offen',
    'noch nicht abgerechnet',
    'nicht abgerechnet',
    'reserviert',
    'en attente',
    'en cours',
    'in sospeso',
    'in attesa',
    'non contabilizzato',
    'pendiente',
    'retenido',
    'in behandeling',
    'gereserveerd',
    'reserved',
    'uncleared',
    'unbooked',
    'nein',
  ],
  omit: [
    'declined',
    'reverted',
    'failed',
    'cancelled',
    'canceled',
    'rejected',
    'refused',
    'expired',
    'denied',
    'voided',
    'abgelehnt',
    'storniert',
    'fehlgeschlagen',
    'refusé',
    'annulé',
    'rifiutato',
    'annullato',
    'rechazado',
    'cancelado',
    'anulado',
    'geweigerd',
    'geannuleerd',
  ],
} as const satisfies Record<string, readonly string[]>;
