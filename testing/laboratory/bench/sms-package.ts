import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerImages } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import { REPO } from '../../support/run.ts';
import { type Figures, inTurns } from './measure.ts';
import { type Row, row } from './rows.ts';
import { INITIALIZE } from './starts.ts';

const BIN = 'mcp-server-sms/bin/mcp-server-sms.js';
const BARE = 'testing/laboratory/bench/bare-server.ts';

/** Memory of the SMS server once it has answered `initialize`, and, where there are containers, its image's size. */
export async function smsPackageRows(
  env: Record<string, string>,
  images: ContainerImages | undefined,
): Promise<Row[]> {
  const rows: Row[] = [];
  if (process.platform === 'linux') {
    const { bare, sms } = await inTurns(5, { bare: () => memory(BARE, {}), sms: () => memory(BIN, env) });
    rows.push(row('SMS server: memory', sms, { unit: 'MB', baseline: ['bare SDK server', bare] }));
  }
  const image = images?.local.get('mcp-server-sms');
  if (images && image)
    rows.push(row('SMS image', size(image), { unit: 'MB', baseline: ['its base image', size(images.node)] }));
  return rows;
}

/** Resident, in megabytes. */
async function memory(file: string, env: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [`${REPO}${file}`], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.write(INITIALIZE);
  await once(child.stdout, 'data');
  // What starting left behind may be collected first.
  await sleep(300);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.stdin.end();
  await once(child, 'exit');
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024;
}

const size = (image: string): Figures => ({
  p50: Number(execFileSync('docker', ['inspect', '-f', '{{.Size}}', image], { encoding: 'utf8' })) / 1e6,
  p99: undefined,
});
