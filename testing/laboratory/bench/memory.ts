import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
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
  /** Idle, with pages that others have as well divided among them: the program itself, above all. */
  readonly share?: number;
}
/** By whose memory it is. */
export type Memory = Readonly<Record<'host process growth' | 'gateway' | 'workload', Resident>>;

/** What a pod takes of memory. A host process of its own for each, that has done nothing else before. Linux only. */
export async function memoryRows(sandboxes: Sandboxes, folder: string): Promise<Row[]> {
  if (process.platform !== 'linux') return [];
  const far = await startFarEnd('far-end.example.com');
  const plain = await plainMemory(far.bulk);
  const waiting = await waitingNode();
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
        const baseline =
          whose === 'workload'
            ? (['plain child', inMegabytes(plain[when])] as const)
            : whose === 'gateway' && when === 'idle'
              ? (['a Node that only waits', inMegabytes(waiting)] as const)
              : undefined;
        rows.push(
          row(`${name}: memory of the ${whose}, ${when}`, inMegabytes(memory[when]), {
            unit: 'MB',
            ...(baseline ? { baseline } : {}),
          }),
        );
      }
      if (memory.share !== undefined)
        rows.push(
          row(`${name}: what the ${whose} adds, idle, less what others have too`, inMegabytes(memory.share), {
            unit: 'MB',
          }),
        );
    }
  }
  await far.close();
  return rows;
}

const inMegabytes = (bytes: number) => ({ p50: bytes / 2 ** 20, p99: undefined });

/** The least that a gateway in Node can have. */
async function waitingNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log()'], {
    env: {},
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const resident = rss(child.pid ?? Number.NaN);
  child.stdin.end();
  await once(child, 'exit');
  return resident;
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
