import { jsonOption } from '@spendwise/sandbox/options';
import { type Command, Option } from 'commander';
import { examples, wholeNumberArgument } from '../../options.ts';

/** `spendwise import …`, also as `imports`. The code of each command is imported when it is called. */
export function addImportCommands(program: Command): void {
  const imports = program
    .command('import')
    .alias('imports')
    .description('read bank files: CSV, OFX/QFX, QIF, camt.053; what is known is not added again')
    // Otherwise `import` would take the options of its subcommands.
    .enablePositionalOptions()
    .argument('[file...]', 'the files; - is stdin')
    .option('--account <name>', 'the account of the rows; made if it is new')
    .option('--currency <code>', 'of amounts without one')
    .addOption(
      new Option('--format <name>', 'what the files are')
        .choices(['auto', 'csv', 'ofx', 'qif', 'camt053'])
        .default('auto'),
    )
    .option('--profile <name>', 'read CSV as this profile says')
    .option('--save-profile <name>', 'keep how this CSV file was read, for --profile')
    .option('--dry-run', 'show what would happen; write nothing', false)
    .option('--skip-bad-rows', 'leave out rows that cannot be read', false)
    .option('--review', 'go through what is only likely the same', false)
    .option('--encoding <name>', 'such as utf-8 or windows-1252')
    .addOption(new Option('--dates <order>', 'of CSV and QIF').choices(['dmy', 'mdy', 'ymd']))
    .addOption(new Option('--decimal <sign>', 'of CSV and QIF').choices(['.', ',']))
    .addOption(new Option('--delimiter <sign>', 'of CSV: , ; | or tab').choices([',', ';', '|', '\t', 'tab']))
    .addOption(
      new Option('--sign <meaning>', 'of CSV: the sign of money out').choices([
        'out-negative',
        'out-positive',
      ]),
    )
    .option('--columns <columns>', 'of CSV: date=NAME,amount=NAME,…')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Columns of CSV: date, amount (or debit and
credit), fee, currency, merchant, payer,
description, bankId, category, account.
${examples(
  'spendwise import august.csv',
  'spendwise import *.ofx --account Checking',
  'spendwise import card.csv --dates dmy --dry-run',
  'spendwise import --review',
  'spendwise imports list',
)}`,
    )
    .action(async (files, options) => (await import('./import.ts')).importFiles(files, options));

  imports
    .command('list')
    .description('list imports, newest first')
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise imports list'))
    .action(async (options) => (await import('./list.ts')).importsList(options));

  imports
    .command('undo')
    .description('take an import back: what only its file has is removed')
    .argument('<number>', 'as `imports list` shows it', wholeNumberArgument)
    .option('--edited', 'also rows that you edited since', false)
    .addOption(jsonOption())
    .addHelpText('after', examples('spendwise import undo 3'))
    .action(async (id, options) => (await import('./undo.ts')).importUndo(id, options));
}
