import { jsonLine } from '@spendwise/sandbox/json-line';
import { err, out } from '@spendwise/sandbox/screen';
import { counted, joined, ours, quoted, type Shown, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { accountNamed } from '../../../spending/household/accounts.ts';
import { addRule, removeRule, ruleChanges } from '../../../spending/household/rule-changes.ts';
import { compileRules, type Rule, rules } from '../../../spending/household/rules.ts';
import { changeOwn, readOwn } from '../../own-database.ts';
import { table } from '../../terminal/table.ts';

interface Flags {
  readonly json: boolean;
}

export function rulesList({ json }: Flags): void {
  const all = readOwn(rules);
  if (json) return void out.line(jsonLine({ rules: all.map(entryOf) }));
  if (all.length === 0) err.line(ours`no rules yet; \`spendwise rules add\` adds one`);
  out.line(
    ...table(
      [
        { title: ours`No`, align: 'right' },
        { title: ours`If`, least: 16 },
        { title: ours`Then`, least: 12 },
      ],
      all.map((rule) => [ours`${rule.id}`, condition(rule), effect(rule)]),
      themeFor(process.stdout),
      out.columns,
    ),
  );
}

interface AddFlags extends Flags {
  readonly category?: string;
  readonly transfer?: boolean;
  readonly field: Rule['field'];
  readonly whole?: boolean;
  readonly pattern?: boolean;
  readonly money?: 'in' | 'out';
  readonly account?: string;
  readonly before?: number;
}

export function rulesAdd(text: string, { json, whole, pattern, money, ...typed }: AddFlags): void {
  const how = pattern ? 'pattern' : whole ? 'whole' : 'contains';
  const { rule, changes } = changeOwn((db) => ({
    rule: addRule(db, { ...typed, text, how, direction: money }),
    changes: ruleChanges(db).length,
  }));
  out.line(json ? jsonLine({ added: entryOf(rule), wouldChange: changes }) : ours`Added ${described(rule)}`);
  if (changes > 0) err.line(ours`\`spendwise rules apply\` would change ${counted(changes, 'transaction')}`);
}

export function rulesRemove(id: number, { json }: Flags): void {
  const rule = changeOwn((db) => removeRule(db, id));
  out.line(json ? jsonLine({ removed: entryOf(rule) }) : ours`Removed ${described(rule)}`);
}

interface TestFlags extends Flags {
  readonly description?: string;
  readonly money: 'in' | 'out';
  readonly account?: string;
}

export function rulesTest(merchant: string, { description = '', money, account, json }: TestFlags): void {
  const rule = readOwn((db) =>
    compileRules(rules(db))({
      merchant,
      description,
      amountMinor: money === 'in' ? 1 : -1,
      accountId: accountNamed(db, account).id,
    }),
  );
  out.line(
    json
      ? jsonLine({ rule: rule === undefined ? null : entryOf(rule) })
      : rule === undefined
        ? ours`no rule matches`
        : described(rule),
  );
}

const entryOf = ({ accountId: _account, categoryId: _category, ...rule }: Rule) => rule;

const described = (rule: Rule): Shown => ours`rule ${rule.id}: if ${condition(rule)}, then ${effect(rule)}`;

const HOW = { contains: ours`contains`, whole: ours`is`, pattern: ours`matches` };

function condition({ field, how, text, direction, account }: Rule): Shown {
  const where = field === 'any' ? ours`text` : shown(field);
  return joined(
    [
      ours`${where} ${HOW[how]} ${quoted(text, 200)}`,
      ...(direction === null ? [] : [ours`money ${shown(direction)}`]),
      ...(account === null ? [] : [ours`account ${shown(account)}`]),
    ],
    ', ',
  );
}

const effect = ({ category, transfer }: Rule): Shown =>
  joined([...(category === null ? [] : [shown(category)]), ...(transfer ? [ours`transfer`] : [])], ', ');
