import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Dialer } from '../../../agent/sandbox/broker/dial.ts';
import { REPO } from '../../support/run.ts';
import type { FarEnd } from './far-end.ts';

/** For here, a granted name leads to loopback. */
export class LoopbackDialer extends Dialer {
  override async addressOf(): Promise<{ address: string; family: number }> {
    return { address: '127.0.0.1', family: 4 };
  }
}

export async function startFarEnd(host: string): Promise<FarEnd & { close(): Promise<unknown> }> {
  const child = spawn(process.execPath, [`${REPO}testing/laboratory/bench/far-end.ts`, host], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    ...(JSON.parse(line) as FarEnd),
    close: () => {
      child.stdin.end();
      return once(child, 'exit');
    },
  };
}
