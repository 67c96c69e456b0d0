import { setTimeout as delay } from 'node:timers/promises';
import { load, type Memory } from './memory.ts';
import { sandboxedProbe } from './probes.ts';
import { peakWhile, processOf, proportional, rss } from './rss.ts';
import { findSandboxes } from './sandboxes.ts';

/** A host process that opens one pod and puts a load on it; prints what was resident. Arguments: runtime, folder, port. */
const [kind, folder = '', port] = process.argv.slice(2);
const runtime = (await findSandboxes()).runtimes().get(kind === 'docker' ? 'docker' : 'bubblewrap');
if (runtime === undefined) throw new Error(`no ${kind}`);
const before = process.memoryUsage.rss();
// A granted name stands among the words of its relay, by which that is found.
const marker = `bench-${process.pid}`;
const probe = await sandboxedProbe(
  runtime,
  folder,
  [
    { type: 'domain', domain: `${marker}.example.com`, port: 443 },
    { type: 'host', host: '127.0.0.1', port: Number(port) },
  ],
  marker,
);
await probe.run({ do: 'download', host: '127.0.0.1', port: Number(port), bytes: 1, connections: 1 });
await delay(500);
const pids = [process.pid, processOf(marker, 'relay.mjs'), processOf(marker, 'probe.ts')];
const idle = pids.map(rss);
const share = proportional(pids[1] ?? Number.NaN);
const peaks = await peakWhile(pids, async () => {
  for (const errand of load(Number(port))) await probe.run(errand);
});
await probe.stop();
const resident = (index: number, less = 0) => ({
  idle: (idle[index] ?? Number.NaN) - less,
  loaded: (peaks[index] ?? Number.NaN) - less,
});
const memory: Memory = {
  'host process growth': resident(0, before),
  gateway: { ...resident(1), share },
  workload: resident(2),
};
process.stdout.write(JSON.stringify(memory));
