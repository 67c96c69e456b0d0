import { fileURLToPath } from 'node:url';
import type { HostProgram } from '@spendwise/sandbox/host-program';
import { loadEnvironment } from '../settings/environment.ts';
import { twilioDiversions } from '../settings/twilio-diversions.ts';

/** What this clone brings to the sandbox and its commands. */
export const sandboxHost: HostProgram = {
  command: 'spendwise sandbox',
  start: [process.execPath, fileURLToPath(new URL('../spendwise.js', import.meta.url)), 'sandbox'],
  environment: loadEnvironment,
  diversions: (environment, manifest) => twilioDiversions(environment)(manifest),
  // esbuild and the rest are needed for sandboxes alone.
  prepareImages: async (environment, notice) =>
    (await import('../images/images.ts')).prepareImages(environment, notice),
  prepareBundles: async () => (await import('../images/bundles.ts')).prepareBundles(),
};
