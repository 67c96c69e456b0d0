import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { spendwiseProgram } from '../../../../agent/cli/program.ts';
import { prepare } from '../../../../agent/sandbox/cli/run-program.ts';
import { widthOf } from '../../../../agent/sandbox/foundation/shown/wrapped.ts';
import { demoProgram } from '../../../demo/options.ts';
import { startModelStandIn } from '../../../stand-ins/model.ts';
import { household } from '../../../support/household.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { onTerminal, SPENDWISE, testOnTerminal } from '../../../support/terminal.ts';

const COLUMNS = 50;

/** A server of a few lines, which has been granted a variable. */
const SERVER = `import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const hello = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'n', version: '1' } };
  const tools = [{ name: 'read_all_of_my_notes', inputSchema: { type: 'object' } }];
  const result = method === 'initialize' ? hello : method === 'tools/list' ? { tools } : {};
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;

const PROCESS = ['--runtime', 'process', '--yes'];

async function furnished() {
  const { env: account, folder } = await household();
  const model = await startModelStandIn();
  onTestFinished(() => model.close());
  const env = { ...account, OPENAI_BASE_URL: model.url.href, OPENAI_MODEL: 'scripted-rules' };
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'code', 'server.mjs'), SERVER);
  const manifest = {
    ...{ name: 'notes', registry: 'npm', packageName: 'notes', permissions: ['mcp.ac.system.env.read'] },
    ...{ codeMount: './code', execCommand: ['node', 'server.mjs'] },
    runtimePermissions: [{ type: 'env', name: 'LANGUAGE' }],
  };
  writeFileSync(join(folder, 'notes.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'bank.csv'), 'Date,Merchant,Amount\n2026-11-02,A merchant,-4.50\n');
  const done = async (...args: string[]) => {
    const ran = await spendwiseHere(args, { env, cwd: folder });
    expect(ran.code, ran.stderr).toBe(0);
  };
  await done('agent', 'ask', ...PROCESS, 'Check my budgets and alert me');
  await done('alert', ...PROCESS);
  await done('import', 'bank.csv', '--dates', 'ymd');
  await done('rules', 'add', 'migros', '--category', 'Food & Dining');
  await done('sandbox', 'grant', 'notes.json', ...PROCESS);
  const [run = ''] = readdirSync(join(env.SPENDWISE_STATE_DIR, 'runs')).filter((name) =>
    /\.jsonl$/.test(name),
  );
  return { env, folder, run: run.replace('.jsonl', '') };
}

type Commands = readonly (readonly [command: string, line: RegExp])[];

/** Runs them on a terminal one after the other. Each has a line like that, in full. Returns what came, with all control characters. */
async function look(commands: Commands, env: Record<string, string>, folder: string): Promise<string> {
  const all = commands.map(([args], at) => `${SPENDWISE} ${args}; echo "<${at}>"`).join('\n');
  const terminal = onTerminal(all, env, folder, COLUMNS);
  for (const [at, [args, whole]] of commands.entries()) {
    const shown = await terminal.until(new RegExp(`<${at}>`));
    const lines = shown.split('\n').slice(0, -1);
    for (const line of lines) expect(widthOf(line), `${args}: ${line}`).toBeLessThanOrEqual(COLUMNS);
    expect(
      lines.map((line) => line.trimEnd()),
      args,
    ).toContainEqual(expect.stringMatching(whole));
  }
  await terminal.exitCode;
  return terminal.raw();
}

testOnTerminal('no command prints a line wider than 50 columns, and what matters is whole', async () => {
  const { env, folder, run } = await furnished();
  await look(
    [
      ['', /^budgets +4, 2 hot$/],
      ['status', /^Shopping +CHF 95\/80 a week +119% +\[!!\]$/],
      ['report', /^Shopping +CHF 95\/80 a week +119% +\[!!\]$/],
      ['alert history', /^ *1 +(sent|delivered) +Shopping, over$/],
      ['alert --dry-run', /^skipped +Shopping +CHF 95\/80 \(119%\) +over$/],
      ['runs list', new RegExp(`^${run} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +answered$`)],
      [`runs show ${run}`, /^ +sms__send_budget_alert \{"to":null,$/],
      [`runs replay ${run}`, /^→ sms__send_budget_alert \{"to":null,$/],
      ['tx list', /^ *\d+ +\d{4}-\d\d-\d\d +CHF -59\.90 +Shopping +Zalando$/],
      ['categories list', /^Stocks & Investments +expense/],
      ['budgets list', /^Transportation +CHF 100 +week$/],
      ['accounts list', /^Main +11$/],
      ['rules list', /^ 1 +text contains "migros" +Food & Dining$/],
      ['imports list', /^ 1 +\d{4}-\d\d-\d\d +bank\.csv +1 +2026-11-02$/],
      ['sandbox list', /^ {2}tools: read_all_of_my_notes$/],
      ['sandbox diff notes.json --runtime process', /^as granted$/],
      ['sandbox audit show', / verified$/],
      ['sandbox audit verify', /^verified: \d+ lines in 2 logs$/],
      ['doctor', /^✓ Node: \d+\.\d+\.\d+$/],
      ['--help', /^ +--plain +words only/],
      ['demo --help', /^ +--plain +words only/],
      ['sandbox --help', /^ +audit +/],
      ['nothing', /^error: unknown command/],
    ],
    env,
    folder,
  );

  // In words: nothing but text reaches the terminal, whether the option is before or behind the command.
  const raw = await look(
    [
      ['--plain', /^budgets: 4, 2 hot$/],
      ['status --plain', /^Shopping: CHF 95 of 80 a week, 119 percent, over$/],
      ['report --plain', /^Shopping: CHF 95 of 80 a week, 119 percent, over/],
      ['alert --dry-run --plain', /^skipped, Shopping, CHF 95 of 80, 119 percent,$/],
      [`runs replay ${run} --plain`, /^call: sms__send_budget_alert \{"to":null,$/],
      ['tx list --plain', /^No 5, Date \d{4}-\d\d-\d\d, Amount CHF -59\.90,$/],
    ],
    { ...env, SPENDWISE_PLAIN: '' },
    folder,
  );
  expect(raw.replaceAll('\r\n', '\n')).toMatch(/^[\n -~é…’]*$/);
});

testOnTerminal(
  'with --plain the demo moves no cursor, asks in words, and has no box around the text',
  async () => {
    const demo = onTerminal(`${SPENDWISE} --plain demo --runtime process`, {}, undefined, 80);
    for (const answer of ['maybe', 'all', 'all']) {
      await demo.until(/Answer yes, no, all for this server, or quit\. No is the default: /);
      demo.type(`${answer}\n`);
    }
    await demo.until(/Shopping: CHF 95 of 80 a week, 119 percent, over\n/);
    await demo.until(/A text from \+15005550006:\n {4}\[!!\] SpendWise: Shopping\n/);
    await demo.until(/you: /);
    demo.type('/quit\n');
    expect(await demo.exitCode).toBe(0);
    expect(demo.raw().replaceAll('\r\n', '\n')).toMatch(/^[\n -~…]*$/);
  },
);

testOnTerminal('the demo fits 50 columns, each budget in a line', async () => {
  const demo = onTerminal(`${SPENDWISE} demo --runtime process --yes`, {}, undefined, COLUMNS);
  const shown = await demo.until(/you> $/);
  for (const line of shown.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(COLUMNS);
  expect(shown).toMatch(/^ {2}Shopping +CHF 95\/80 a week +119% +\[!!\] *$/m);
  demo.type('/quit\n');
  expect(await demo.exitCode).toBe(0);
});

test('the help of every command fits 50 columns', () => {
  const all = (command: Command): Command[] => [command, ...(command.commands as Command[]).flatMap(all)];
  const programs = [spendwiseProgram(), demoProgram(async () => {})];
  for (const program of programs) prepare(program);
  for (const command of programs.flatMap(all)) {
    let help = '';
    command
      .configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => COLUMNS })
      .outputHelp();
    // A usage is one word after the other: a terminal may break it.
    const [, ...lines] = help.split('\n');
    for (const line of lines)
      expect(widthOf(line), `${command.name()}: ${line}`).toBeLessThanOrEqual(COLUMNS);
  }
});
