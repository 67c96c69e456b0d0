import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, mostly waiting: begun first, it ends while the rest is worked off. A clean clone remembers no
 * times, and would begin with the largest files. The order decides nothing but how long all of it takes.
 */
const LONGEST = [
  'testing/runtimes/docker/lifecycle.test.ts',
  'testing/laboratory/crashes/docker.test.ts',
  'testing/runtimes/docker/images.test.ts',
  'testing/laboratory/injections/injections.test.ts',
  'testing/laboratory/injections/obeying.test.ts',
  'testing/laboratory/fuzz/fuzz.test.ts',
  'testing/agent/tutorial/stage-matrix.test.ts',
  'testing/documents/own-server.test.ts',
  'testing/runtimes/docker/own-package.test.ts',
  'testing/mcp-server-sms/package.test.ts',
  'testing/packages/spendwise.test.ts',
  'testing/packages/sandbox.test.ts',
  'testing/runtimes/docker/published.test.ts',
  'testing/mcp-server-sms/sending.test.ts',
  'testing/agent/loop/misbehaving-model.test.ts',
  'testing/laboratory/breakouts/breakouts.test.ts',
  'testing/agent/tutorial/pages.test.ts',
  'testing/laboratory/breakouts/drill.test.ts',
  'testing/demo/demo.test.ts',
  'testing/runtimes/bubblewrap/lifecycle.test.ts',
  'testing/runtimes/docker/pod.test.ts',
  'testing/runtimes/docker/oci.test.ts',
  // Makes an image that another file uses too.
  'testing/runtimes/trust.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
