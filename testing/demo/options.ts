import { jsonOption, sandboxOptions } from '@spendwise/sandbox/options';
import { Command } from 'commander';
import { dateArgument } from '../../agent/cli/options.ts';
import type { SessionFlags } from '../../agent/sandbox/cli/pick-runtime.ts';

export interface DemoOptions extends SessionFlags {
  readonly json: boolean;
  readonly page: boolean;
  readonly prompt: string;
  readonly today?: Temporal.PlainDate;
}

export const DEFAULT_PROMPT = 'Check my budgets and alert me';

export function demoProgram(run: (options: DemoOptions) => Promise<void>): Command {
  const program = new Command('spendwise demo')
    .description('The whole job on a throw-away database, with stand-ins for what is not configured')
    .option('--prompt <text>', 'what to tell the agent', DEFAULT_PROMPT)
    .option('--today <date>', 'the day to play it on (default: today)', dateArgument)
    .option('--no-page', 'make no page of the run')
    .addOption(jsonOption());
  for (const option of sandboxOptions()) program.addOption(option);
  return program.action(run);
}
