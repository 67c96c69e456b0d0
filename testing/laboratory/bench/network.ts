import { setDefaultCACertificates } from 'node:tls';
import type { RuntimePermission } from '../../../agent/sandbox/manifest/permissions.ts';
import type { FarEnd } from './far-end.ts';
import { LoopbackDialer, startFarEnd } from './far-ends.ts';
import { inTurns, type Sample } from './measure.ts';
import { type Probe, plainProbe, sandboxedProbe } from './probes.ts';
import { type Row, row } from './rows.ts';
import type { Sandboxes } from './sandboxes.ts';

const HOST = 'far-end.example.com';
const AIM = 3;
const BYTES = 48 * 2 ** 20;
const RULES = { rules: [{ method: 'GET' as const, path: '/small' }] };

/** What the way out of a sandbox costs: a connection with its handshake, and many bytes. */
export async function networkRows(sandboxes: Sandboxes, folder: string): Promise<Row[]> {
  const far = await startFarEnd(HOST);
  // As the broker's, which goes on to the far end where it ends TLS.
  setDefaultCACertificates([far.ca]);
  const splice: RuntimePermission = { type: 'domain', domain: HOST, port: far.tls.port };
  const bulk: RuntimePermission = { type: 'host', host: '127.0.0.1', port: far.bulk };
  const direct = plainProbe();
  const probes: Probe[] = [direct];
  const requests: Record<string, Sample> = { direct: request(direct, far, '127.0.0.1') };
  const transfers: Record<string, Probe> = { direct };
  for (const [name, runtime] of sandboxes.runtimes(new LoopbackDialer())) {
    const spliced = await sandboxedProbe(runtime, folder, [splice, bulk]);
    const terminated = await sandboxedProbe(runtime, folder, [{ ...splice, http: RULES }]);
    probes.push(spliced, terminated);
    requests[`${name}, spliced`] = request(spliced, far, HOST);
    requests[`${name}, terminated`] = request(terminated, far, HOST);
    transfers[name] = spliced;
  }
  const rows = await requestRows(requests);
  for (const way of ['download', 'upload'] as const) rows.push(...(await bulkRows(way, transfers, far.bulk)));
  await Promise.all(probes.map((probe) => probe.stop()));
  await far.close();
  return rows;
}

async function requestRows(samples: Record<string, Sample>): Promise<Row[]> {
  const { direct, ...boxed } = await inTurns(200, samples);
  return Object.entries(boxed).map(([name, figures]) =>
    row(`${name}: a request on a new TLS connection`, figures, {
      aim: AIM,
      ...(direct ? { baseline: ['direct', direct] } : {}),
    }),
  );
}

async function bulkRows(
  way: 'download' | 'upload',
  probes: Record<string, Probe>,
  port: number,
): Promise<Row[]> {
  const errand = { do: way, host: '127.0.0.1', port, bytes: BYTES, connections: 1 } as const;
  const samples = Object.fromEntries(
    Object.entries(probes).map(([name, probe]): [string, Sample] => [
      name,
      async () => BYTES / 1e6 / ((await probe.run(errand)) / 1000),
    ]),
  );
  const { direct, ...boxed } = await inTurns(5, samples);
  return Object.entries(boxed).map(([name, figures]) =>
    row(`${name}: bulk ${way}`, figures, {
      unit: 'MB/s',
      ...(direct ? { baseline: ['direct', direct] } : {}),
    }),
  );
}

const request =
  (probe: Probe, { tls, ca }: FarEnd, host: string): Sample =>
  () =>
    probe.run({ do: 'request', host, port: tls.port, name: tls.host, ca });
