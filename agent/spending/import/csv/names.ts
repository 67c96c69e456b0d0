/**
 * What banks call their columns, in English, German, French, Italian, Spanish and Dutch, and the most frequent in others, the best one first: a date of
 * booking counts before one of value, a payee before a text. Names are those of `headerCells`.
 */
export const COLUMN_NAMES = {
  date: [
    /^(booking|booked|posting|posted|post|entry|accounting|settlement) ?(date|at|on)?$|^completed date( \(.*\))?$|^date (posted|processed)$/,
    /^(buchung|buchungs(datum|tag|zeit)|datum der buchung|gebucht am)$/,
    /^(date (de )?(comptabilisation|compta(ble)?|valeur comptable)|date ?op(ération|eration|é)?|date (d'|de l')(opération|operation|écriture|exécution|enregistrement)|date d'inscription|comptabilisé le)$/,
    /^(data (contabile|di (contabilizzazione|registrazione)|operazione|registrazione)|contabilizzato il)$/,
    /^(fecha (de )?(la )?(contable|contabilización|operación|operacion|oper\.?|movimiento)|f\.? ?operación|f\. oper\.)$/,
    /^(boek(ings)?datum|datum boeking|transactiedatum|boekdatum)$/,
    /^((transaction|trans\.?|trade|purchase) ?date|date of transaction|transaktionsdatum|abschlussdatum|umsatztag|belegdatum|kaufdatum|einkaufsdatum|date (de )?transaction|date d'achat|data (della )?transazione|data dell'operazione|date de conclusion|abschluss|data di chiusura|trade date)$/,
    /^(date|datum|data|fecha|date\/time|date time|datetime|created|timestamp|date \(utc\)|time)$/,
    /^(created on|created at|finished on|started date|date started|startdatum)( \(.*\))?$/,
    /^(value ?date|valuta|valuta-?datum|wertstellung(s(datum|tag))?|wert|valutadatum|valuta date|date (de )?valeur|data valuta|fecha (de )?valor|f\. ?valor|rentedatum|interest date)$/,
    /^(data operacji|data księgowania|data transakcji|bokföringsdag|bokföringsdatum|bogført(dato)?|bokført|dato|transaktionsdag|kirjauspäivä|datum (zaúčtování|provedení|odepsání)|tranzakció dátuma|könyvelés dátuma|tranzakció dátuma|data (do )?(lançamento|movimento|mov\.?)|交易(日期|时间|日|時間)|记账日期|日期|取引日|日付|ご利用日|利用日|거래일자?|거래일시)$/,
    /\b(date|datum|dato|fecha|data)\b/,
  ],
  amount: [
    /^(net|netto|net amount|montant net)$/,
    /^(amount|betrag|umsatz|montant|importo|importe|bedrag|buchungsbetrag|transaction amount|transaktionsbetrag|booking amount|zahlungsbetrag|einzelbetrag|total amount|billing amount|abrechnungsbetrag|montant de (l')?(opération|transaction)|importo operazione|importe operación|transactiebedrag|movimiento|credit\/debit amount|debit\/credit amount|transaktionsbetrag|montant de la transaction|nettobetrag|bedrag)$/,
    /^(amount|betrag|montant|importo|importe|bedrag|value|wert|cantidad|cuantía|somme|umsatz)\b(?!.*(original|fremd|foreign|local|fee))/,
    /^(kwota( operacji| transakcji)?|belopp|beløb|beløp|summa|määrä|částka|zaúčtovaná částka|összeg|tranzakció összege|valor|valor \(r\$\)|quantia|交易金额|金额|金額|利用金額|ご利用金額|금액|거래금액)$/,
  ],
  debit: [
    /^(debit|debits|debit ?amount|amount debit|withdrawals?|withdrawal amount|money out|paid out|payments?|spent|out|outflow|charges?)$/,
    /^(belastung(en|sbetrag)?|belastungen|lastschrift(en)?|soll|ausgaben?|ausgang|ausgänge|auszahlung(en)?|lastschriften)$/,
    /^(débits?|debits?|montant (du )?débit|débit montant|montant débité|dépenses?|sorties?|retraits?)$/,
    /^(addebit[oi]|addebitament[oi]|dare|uscite|uscita|importo (dare|di addebito|addebito)|spese)$/,
    /^(cargos?|debe|gastos?|salidas?|retiros?|débitos?)$/,
    /^(af|debet|uitgaven|afschrijving(en)?|bedrag af)$/,
    /^(obciążenia?|ut|ut (från|fra) konto|uttag|saídas?|débito|terhelés|支出(金额)?|借方(金额|发生额)?|出金(額|金額)?|お支払(い)?金額|お引出し|출금액?|찾으신금액)$/,
  ],
  credit: [
    /^(credit|credits|credit ?amount|amount credit|deposits?|deposit amount|money in|paid in|received|in|inflow|payments? received)$/,
    /^(gutschrift(en)?|gutschriftsbetrag|haben|einnahmen?|eingang|eingänge|einzahlung(en)?)$/,
    /^(crédits?|credits?|montant crédit|recettes?|entrées?|versements?|dépôts?)$/,
    /^(accredit[oi]|accreditament[oi]|avere|entrate|entrata|importo (avere|di accredito|accredito))$/,
    /^(abonos?|haber|ingresos?|entradas?|depósitos?|créditos?)$/,
    /^(bij|credit|inkomsten|bijschrijving(en)?|bedrag bij)$/,
    /^(uznania?|inn|inn? på konto|insättning|entradas?|crédito|jóváírás|收入(金额)?|贷方(金额|发生额)?|入金(額|金額)?|お預(り|かり|入れ)(金額)?|입금액?|맡기신금액)$/,
  ],
  direction: [
    /^(debit\/credit|credit\/debit|dr\/cr|cr\/dr|drcr|d\/c|c\/d|credit debit indicator|debit credit|transaction type|direction|sign|type|typ|details)$/,
    /^(soll\/haben|s\/h|soll-?haben-?kennzeichen|vorzeichen|umsatzart|belastung\/gutschrift|kennzeichen)$/,
    /^(sens|débit\/crédit|debit ?\/ ?credit|sens de l'opération|dare\/avere|segno|cargo\/abono|debe\/haber|tipo)$/,
    /^(af ?\/? ?bij|bij ?\/? ?af|debet ?\/ ?credit|credit ?\/? ?debet)$/,
    /^(bevétel\/kiadás|收\/支|借贷(标志|方向)?|money direction)$/,
  ],
  currency: [
    /^(currency|ccy|währung|waehrung|devise|monnaie|valuta|divisa|moneda|munt|muntsoort|account currency|kontowährung|currency code|währung der buchung|buchungswährung|valutacode)$/,
    /^(währung|devise|divisa|valuta|currency|munt)\b(?!.*(original|fremd|foreign|local|dest))/,
    /^(waluta|valuta|valuta konta|měna( účtu)?|devizanem|moeda|币种|通貨)$/,
  ],
  balance: [
    /^((running |account ?|available |current |closing |ledger )?balance|balance after.*|saldo( nach .*| na .*)?|kontostand|solde( après.*)?|saldo (contabile|disponibile|disponible)|running bal\.?|saldo na (trn|mutatie))$/,
    /^(saldo po (operacji|transakcji)|bokfört saldo|zůstatek|egyenleg|saldo contabilístico|余额|账户余额|交易余额|残高|差引残高|잔액|거래후잔액)$/,
  ],
  fee: [/^(fees?|total fees|gebühr(en)?|frais|commission[ei]?|comisi[oó]n|kosten|spesen)$/],
  merchant: [
    /^(payee|payee name|merchant|merchant name|vendor|counterparty( name)?|counter party|partner name|beneficiary( name)?|recipient( name)?|target name|payee\/payer)$/,
    /^(empfänger|empfaenger|zahlungsempfänger(\*in)?|begünstigter?|begünstigter\/zahlungspflichtiger|beguenstigter\/zahlungspflichtiger|auftraggeber ?\/ ?(empfänger|begünstigter)|auftraggeber\/zahlungsempfänger|empfänger ?\/ ?(auftraggeber|zahlungspflichtiger)|empfänger\/zahlungspflichtiger|zahlungspflichtiger\/empfänger|name zahlungsbeteiligter|gegenpartei|partnername|händler|name des (partners|händlers)|auftraggeber\/empfänger|gegenkonto name|name gegenkonto|partner|beschreibung1)$/,
    /^(bénéficiaire|tiers|contrepartie|nom (de la )?contrepartie|nom du (bénéficiaire|tiers)|commerçant|destinataire)$/,
    /^(beneficiario|controparte|esercente|negozio|comercio|establecimiento|ordenante|beneficiario\/ordenante|destinatario|nombre)$/,
    /^(tegenpartij|naam tegenpartij.*|naam tegenrekening|tegenrekening naam|begunstigde|handelaar|naam begunstigde)$/,
    /^(nadawca ?\/ ?odbiorca|odbiorca|mottagare|mottaker|modtager|název protiúčtu|protistrana|partner neve|交易对方|对方(户名|名称|账户名称)?|商户(名称)?|ご利用店名.*|利用店名.*|가맹점(명)?)$/,
    /^(name|naam|naam ?\/ ?omschrijving|namn|to|paid to|business)$/,
  ],
  payer: [
    /^(payer|payer name|sender|sender name|source name|auftraggeber|zahlungspflichtiger?(\*r)?|donneur d'ordre|opdrachtgever|from)$/,
  ],
  description: [
    /^(description( ?\d)?|transaction description|narrative|narration|details( ?\d)?|transaction details|memo|notes?|notes and #tags|reference text|payment reference|reference|particulars|remittance information|remarks?|transaction remarks|purpose|message|text|additional information|extended details|original description|activity name|subject|item title)$/,
    /^(beschreibung( ?\d)?|buchungstext|verwendungszweck|verwendungszweckzeile ?\d+|avisierungstext|buchungsdetails|mitteilung(stext)?|zahlungszweck|zahlungsreferenz|vorgang ?\/ ?verwendungszweck|umsatztext|buchungsinformationen|notiz(en)?|betreff|zahlungsgrund|details zur buchung|fussnoten|bemerkung(en)?)$/,
    /^(libellé.*|libelle.*|détails?|communications?|motif|intitulé|référence|texte( de notification)?|description|message|informations? complémentaires?|nature.*)$/,
    /^(descrizione( .*)?|causale|dettagli|note|testo( di avviso)?|motivo|informazioni)$/,
    /^(concepto( .*)?|descripción|descripcion|observaciones|movimiento|detalle|más datos|remesa)$/,
    /^(omschrijving(-?\d)?|mededeling(en)?|beschrijving|toelichting|betalingskenmerk|transactieomschrijving|details|notities)$/,
    /^(opis( operacji| transakcji)?|tytuł|tekst|text|meddelande|rubrik|forklaring|popis|zpráva.*|poznámka|közlemény|descrição|histórico|商品(说明|名称)?|交易(类型|摘要|描述)|摘要|备注|附言|お取引内容|取引内容|内容|メモ|적요|내용|거래내용)$/,
    // What kind of transaction it is: not who, and better than nothing.
    /^(label|type|transaction|transaction type|activity type|vorgang|umsatztyp|umsatzart|typ|operazione|mutatiesoort|type d'opération|tipo)$/,
  ],
  bankId: [
    /^(transaction ?id|transaction code|fitid|unique id|bank transaction id|transaktions-?(id|nr\.?|code)|buchungs-?(id|nr\.?)|umsatz-?id|numéro de transaction|n° de transaction|id transazione|n\. di transazione|id transacción|volgnr|volgnummer|transaction no\.?|entry reference|bankreferenz|id)$/,
    /^(id transakce|交易(订单|单)?号|交易流水号|流水号)$/,
  ],
  status: [
    /^(status|state|statut|stato|estado|transaktionsstatus|umsatzstatus|gebucht|booking status|info)$/,
    /^(交易状态|当前状态)$/,
  ],
  category: [
    /^(category|kategorie|hauptkategorie|catégorie|categoria|categoría|categorie|rubriek|spending category|merchant category)$/,
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
  return COLUMN_NAMES[role]
    .flatMap((pattern) => names.filter((name) => pattern.test(plain(name))))
    .filter(unique);
}

const plain = (name: string): string =>
  name
    .replaceAll('_', ' ')
    .replaceAll('’', "'")
    .replace(/ (?:\([-+±]\)|euros?)$/, '');
const unique = <T>(value: T, at: number, all: readonly T[]) => all.indexOf(value) === at;
/** How many cells of a row are names of columns that banks use. */
export const knownNames = (names: readonly string[]): number =>
  names.filter((name) =>
    Object.values(COLUMN_NAMES).some((patterns) => patterns.some((pattern) => pattern.test(plain(name)))),
  ).length;

const words = (text: string): string[] => text.split(', ');

/** Words that say money went out or came in, and words of rows that are not final, or no transactions. */
export const WORDS = {
  out: words(
    'd, dr, db, dbit, debit, debet, debito, débito, débit, deb, s, soll, belastung, lastschrift, af, -, out, outflow, dare, addebito, cargo, debe, sortie, withdrawal, expense, ausgang, ausgabe, kiadás, 支出, 借',
  ),
  in: words(
    'c, cr, crdt, credit, credito, crédito, crédit, cred, h, haben, gutschrift, bij, +, in, inflow, avere, accredito, abono, haber, entrée, deposit, income, eingang, einnahme, bevétel, 收入, 贷',
  ),
  pending: words(
    'pending, authorised, authorized, processing, in progress, vorgemerkt, umsatz vorgemerkt, ausstehend, offen, noch nicht abgerechnet, nicht abgerechnet, reserviert, en attente, en cours, in sospeso, in attesa, non contabilizzato, pendiente, retenido, in behandeling, gereserveerd, reserved, uncleared, unbooked',
  ),
  omit: words(
    'declined, reverted, failed, cancelled, canceled, rejected, refused, expired, denied, voided, abgelehnt, storniert, fehlgeschlagen, refusé, annulé, rifiutato, annullato, rechazado, cancelado, anulado, geweigerd, geannuleerd, 交易关闭, 失败',
  ),
};

/** Texts of wages. Others may be paid theirs from the account, too: then they say nothing. */
export const WAGES =
  /\b(?:salary|payroll|wages|lohn|gehalt|salaire|stipendio|n[oó]mina|salaris)\b|給与|工资/i;
/** Texts of what is paid to a card. */
export const CARD_PAYMENTS =
  /\bpayment\b.*\b(?:thank|received)|\bthank you\b.*\bpayment\b|\bihre zahlung\b|\bvotre (?:paiement|versement)\b|\b(?:vostro pagamento|pagamento ricevuto)\b/i;
