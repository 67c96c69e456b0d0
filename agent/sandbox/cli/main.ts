import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { addSandboxCommands } from './command.ts';
import type { HostProgram } from './host-program.ts';
import { runProgram } from './run-program.ts';

const NAME = 'spendwise-sandbox';

/** `spendwise-sandbox`: the sandbox alone, with no images but the gateway's. */
const host = async (): Promise<HostProgram> => {
  const { shippedBundles, shippedImages } = await import('../images/shipped.ts');
  return {
    command: NAME,
    start: [process.execPath, fileURLToPath(new URL('../bin/spendwise-sandbox.js', import.meta.url))],
    environment: () => process.env,
    diversions: async () => [],
    prepareImages: shippedImages,
    prepareBundles: shippedBundles,
  };
};

const program = new Command(NAME)
  .description('Runs any MCP server with less power: what it may reach is what you granted.')
  .version(packageJson.version)
  .enablePositionalOptions();
addSandboxCommands(program, host);
await runProgram(program);
