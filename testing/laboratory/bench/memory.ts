import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { REPO, SOURCES } from '../../support/run.ts';
import { startFarEnd } from './far-ends.ts';
import { plainProbe } from './probes.ts';
import { type Row, row } from './rows.ts';
import { peakWhile, processOf, rss } from './rss.ts';
import type { Sandboxes } from './sandboxes.ts';

/** Bytes of resident memory, with nothing to do and at most while data pass. */
export interface Resident {
  readonly idle: number;
  readonly loaded: number;
}
/** By whose memory it is. */
export type Memory = Readonly<Record<'host process growth' | 'gateway' | 'workload', Resident>>;

/** What a pod takes of memory. A host process of its own for each, that has done nothing else before. Linux only. */
export async function memoryRows(sandboxes: Sandboxes, folder: string): Promise<Row[]> {
  if (process.platform !== 'linux') return [];
  const far = await startFarEnd('far-end.example.com');
  const plain = await plainMemory(far.bulk);
  const rows: Row[] = [];
  for (const [name] of sandboxes.runtimes()) {
    const file = `${REPO}testing/laboratory/bench/memory-host.ts`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      SOURCES,
      file,
      name,
      folder,
      String(far.bulk),
    ]);
    for (const [whose, memory] of Object.entries(JSON.parse(stdout) as Memory)) {
      for (const when of ['idle', 'loaded'] as const) {
        const figures = (resident: Resident) => ({ p50: resident[when] / 2 ** 20, p99: undefined });
        rows.push(
          row(`${name}: memory of the ${whose}, ${when}`, figures(memory), {
            unit: 'MB',
            ...(whose === 'workload' ? { baseline: ['plain child', figures(plain)] } : {}),
          }),
        );
      }
    }
  }
  await far.close();
  return rows;
}

/** What passes while memory is watched. */
export const load = (port: number) => {
  const rest = { host: '127.0.0.1', port, bytes: 4 * 2 ** 20, connections: 16 };
  return [{ do: 'download', ...rest } as const, { do: 'upload', ...rest } as const];
};

async function plainMemory(port: number): Promise<Resident> {
  const marker = `plain-${process.pid}`;
  const probe = plainProbe(marker);
  await probe.run({ do: 'download', host: '127.0.0.1', port, bytes: 1, connections: 1 });
  const pid = processOf(marker, 'probe.ts');
  const idle = rss(pid);
  const loaded = await peakWhile([pid], async () => {
    for (const errand of load(port)) await probe.run(errand);
  });
  await probe.stop();
  return { idle, loaded: loaded[0] ?? Number.NaN };
}
