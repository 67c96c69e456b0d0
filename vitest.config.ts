import { defineConfig } from 'vitest/config';

/** Tests that neither count what this machine runs nor start containers: several files at once, and first. */
const CODE = [
  'testing/agent/**/*.test.ts',
  'testing/fuzz/**/*.test.ts',
  'testing/mcp-server-sms/**/*.test.ts',
  'testing/stand-ins/**/*.test.ts',
];
/** Tests with containers of their own that count nobody's. */
const CONTAINERS = [
  'testing/clients.test.ts',
  'testing/docker/{names,oci,own-package,published}.test.ts',
  'testing/tutorial.test.ts',
];

export default defineConfig({
  test: {
    // Tests start real processes and servers, on two cores that others use as well: what ends a test is a hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'code', include: CODE, maxWorkers: 4, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'containers', include: CONTAINERS, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'machine',
          include: ['testing/**/*.test.ts'],
          exclude: [...CODE, ...CONTAINERS],
          // Files in turn: they count this machine's containers, processes and temporary folders.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
