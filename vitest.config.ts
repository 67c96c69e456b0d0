import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['testing/**/*.test.ts'],
    // Tests start real processes and servers, on two cores.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Files in turn: they count this machine's containers, processes and temporary folders.
    fileParallelism: false,
  },
});
