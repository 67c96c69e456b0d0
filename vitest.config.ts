import { defineConfig } from 'vitest/config';
import { LongestFirst } from './testing/support/longest-first.ts';
import { quickFiles } from './testing/support/quick.ts';

/** Start neither processes nor containers: `npm run test:quick`. */
const QUICK = quickFiles(import.meta.dirname);

/** Tests that neither count what this machine runs nor start containers. */
const CODE = [
  'testing/agent/**/*.test.ts',
  'testing/laboratory/crashes/{crashes,verdict}.test.ts',
  // Packs the package.
  'testing/mcp-server-sms/package.test.ts',
];
/** Tests that know nothing of containers, nor remove what was left behind of others. */
const APART = [
  'testing/laboratory/{fuzz,injections}/**/*.test.ts',
  'testing/mcp-server-sms/**/*.test.ts',
  'testing/pages/*.test.ts',
  'testing/stand-ins/**/*.test.ts',
];
/** Tests with containers or pods of their own: they count those alone, and kill no host of containers. */
const CONTAINERS = [
  'testing/agent/alerts/schedule.test.ts',
  'testing/agent/tutorial/*.test.ts',
  'testing/{demo,documents,packages}/*.test.ts',
  'testing/laboratory/{breakouts,real-servers}/*.test.ts',
  'testing/runtimes/bubblewrap/*.test.ts',
  'testing/runtimes/*.test.ts',
  'testing/runtimes/docker/{engine-errors,engines,image-parts,names,oci,own-package,pod,published}.test.ts',
];
/**
 * Several files at once: half of their time they wait. They share processes: one for each file, with imports of its own,
 * took a quarter of the time of quick ones.
 */
const ABREAST = { maxWorkers: 4, isolate: false };
/** Before all others. */
const FIRST = { ...ABREAST, sequence: { groupOrder: 0 } };
/** Beside those of the machine, which mostly wait. */
const LAST = { ...ABREAST, maxWorkers: 6, sequence: { groupOrder: 1 } };

/** Before those that have containers. */
const SETUP = 'testing/support/global-setup.ts';

export default defineConfig({
  // Packages of this clone, by their names, are their sources: as in agent/run.js and tsconfig.json.
  ssr: { resolve: { conditions: ['spendwise-source', 'node', 'module', 'development|production'] } },
  test: {
    // Tests start real processes and servers, on two cores that others use as well: what ends a test is a hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    unstubEnvs: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'quick', include: QUICK, ...LAST } },
      { extends: true, test: { name: 'apart', include: APART, exclude: [...CODE, ...QUICK], ...LAST } },
      {
        extends: true,
        test: { name: 'code', include: CODE, exclude: [...CONTAINERS, ...QUICK], ...FIRST },
      },
      {
        extends: true,
        test: { name: 'containers', include: CONTAINERS, exclude: QUICK, globalSetup: SETUP, ...FIRST },
      },
      {
        extends: true,
        test: {
          name: 'machine',
          include: ['testing/**/*.test.ts'],
          exclude: [...CODE, ...CONTAINERS, ...APART, ...QUICK],
          globalSetup: SETUP,
          // In turn: they leave containers and folders of killed hosts, which any start of others would reap, restart
          // the engine, or make the bundles anew.
          setupFiles: 'testing/support/in-turn.ts',
          ...LAST,
          isolate: true,
        },
      },
    ],
  },
});
