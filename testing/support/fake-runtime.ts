import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { processRuntime } from '../../agent/sandbox/runtimes/process.ts';

/** A runtime whose server is one of the test's own. */
export const fakeRuntime = (start: Runtime['start']): Runtime => ({
  ...processRuntime({ unsandboxed: false }),
  start,
});
