import { realpathSync } from 'node:fs';
import { test } from 'vitest';
import { prepareBundles } from '../../agent/images/bundles.ts';
import type { Dialer } from '../../agent/sandbox/broker/dial.ts';
import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import {
  type BubblewrapOptions,
  bubblewrapRuntime,
} from '../../agent/sandbox/runtimes/bubblewrap/bubblewrap.ts';
import { requireBubblewrap } from '../../agent/sandbox/runtimes/bubblewrap/probe.ts';
import { dockerRequired } from './docker-required.ts';

async function findBubblewrap(): Promise<BubblewrapOptions | undefined> {
  try {
    const bwrap = await requireBubblewrap();
    return { ...(await prepareBundles()), bwrap, node: realpathSync(process.execPath) };
  } catch (error) {
    const why = String(error instanceof Error ? error.message : error).split('\n')[0];
    if (dockerRequired) throw new Error(`SPENDWISE_REQUIRE_DOCKER=1, but ${why}`, { cause: error });
    process.stderr.write(`SKIPPED: ${why}: its tests\n`);
    return undefined;
  }
}

const options = await findBubblewrap();
export const bubblewrapAvailable = options !== undefined;

/** A test on the real runtime: skipped, loudly, where there is none. */
export const testWithBubblewrap = test.skipIf(!bubblewrapAvailable);

export function testBubblewrap(dialer?: Dialer): Runtime {
  if (options === undefined) throw new Error('no bubblewrap here');
  return bubblewrapRuntime({ ...options, ...(dialer ? { dialer } : {}) });
}
