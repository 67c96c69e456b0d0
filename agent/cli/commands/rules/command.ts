import { jsonOption } from '@spendwise/sandbox/options';
import { type Command, Option } from 'commander';
import { examples, wholeNumberArgument } from '../../options.ts';

const moneyOption = () =>
  new Option('--money <direction>', 'only money in, or only out').choices(['in', 'out']);

/** `spendwise rules …`. The code of each command is imported when it is called. */
export function addRulesCommands(program: Command): void {
  const rules = program
    .command('rules')
    .description('choose categories by merchant or description; the first rule that matches wins');
  const code = () => import('./rules.ts');

  rules
    .command('list', { isDefault: true })
    .description('list rules in the order in which they are tried')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise rules list'))
    .action(async (options) => (await code()).rulesList(options));

  rules
    .command('add')
    .description('add a rule, for imports from now on')
    .argument('<text>', 'what merchant or description contain, in any case')
    .option('--category <name>', 'the category that it chooses')
    .option('--transfer', 'it marks transfers between own accounts')
    .addOption(
      new Option('--field <field>', 'where to look')
        .choices(['merchant', 'description', 'any'])
        .default('any'),
    )
    .addOption(new Option('--whole', 'the text is all of it').conflicts('pattern'))
    .option('--pattern', 'the text is a pattern (RE2)')
    .addOption(moneyOption())
    .option('--account <name>', 'only in this account')
    .option('--before <number>', 'try it before this rule', wholeNumberArgument)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'spendwise rules add coop --category groceries',
        'spendwise rules add "sbb|zvv" --pattern \\\n    --category transport',
      ),
    )
    .action(async (text, options) => (await code()).rulesAdd(text, options));

  rules
    .command('rm')
    .description('remove a rule; what it chose stays')
    .argument('<number>', 'as `rules list` shows it', wholeNumberArgument)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise rules rm 3'))
    .action(async (id, options) => (await code()).rulesRemove(id, options));

  rules
    .command('test')
    .description('show which rule a merchant would get; changes nothing')
    .argument('<merchant>', 'as a bank writes it')
    .option('--description <text>', 'what for, as a bank writes it')
    .addOption(moneyOption().default('out'))
    .option('--account <name>', 'default: your first account')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise rules test "MIGROS M 1234"'))
    .action(async (merchant, options) => (await code()).rulesTest(merchant, options));

  rules
    .command('apply')
    .description('let the rules choose for transactions that are there already')
    .option('--dry-run', 'show what would change, and change nothing', false)
    .option('--yes', 'do not ask', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nCategories that you chose by hand stay.\n${examples('spendwise rules apply --dry-run')}`,
    )
    .action(async (options) => (await import('./apply.ts')).rulesApply(options));
}
