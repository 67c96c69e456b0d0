import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { dockerRequired, seesContainers } from '../../support/docker.ts';

/** Addresses that the world must not have, put on this machine's loopback: a documentation one, and cloud metadata. */
export const CANARY_ADDRESSES = ['198.51.100.7', '169.254.169.254'] as const;
export const CANARY_PORTS = [80, 443, 4444] as const;

/**
 * Listeners of ours, on addresses of our own: what a hole would reach, and nobody else. Its log, not an error code, says
 * whether an attempt got out. Needs root and `ip`.
 */
export interface Canary {
  readonly heard: readonly string[];
  close(): void;
}

/** Where addresses cannot be put on loopback, error codes and the broker's record have to do; said loudly. */
export async function startCanary(): Promise<Canary> {
  if (!seesContainers && !dockerRequired) {
    process.stderr.write('SKIPPED: not root on Linux: the canary; attempts are judged without it\n');
    return { heard: [], close: () => {} };
  }
  const heard: string[] = [];
  const closing: (() => void)[] = [];
  for (const address of CANARY_ADDRESSES) {
    execFileSync('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);
    closing.push(() => execFileSync('ip', ['addr', 'del', `${address}/32`, 'dev', 'lo']));
    for (const port of CANARY_PORTS) {
      const tcp = createServer((socket) => {
        heard.push(`tcp ${address}:${port}`);
        socket.on('error', () => {}).end('out');
      });
      await new Promise<void>((resolve, reject) => tcp.on('error', reject).listen(port, address, resolve));
      closing.push(() => tcp.close());
    }
    for (const port of [53, 4444]) {
      const udp = createSocket('udp4');
      udp.on('message', () => heard.push(`udp ${address}:${port}`));
      await new Promise<void>((resolve, reject) =>
        udp.on('error', reject).bind(port, address, () => resolve()),
      );
      closing.push(() => udp.close());
    }
  }
  return {
    heard,
    close: () => {
      for (const close of closing.reverse()) close();
    },
  };
}
