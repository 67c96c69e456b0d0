import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spendwise } from '../../support/run.ts';
import { type Command, listTools } from '../real-servers/list-tools.ts';
import { SERVERS } from '../real-servers/servers.ts';
import { prepareServer, type Sandboxed } from '../real-servers/trial.ts';
import { type Figures, inTurns, median, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';

const ROUNDS = 5;
const AIMS = { bubblewrap: 1.8, docker: 2.6 } as const;
const PATIENCE_MS = 60_000;

/**
 * `spendwise sandbox run` of published servers that nobody here wrote, fetched and granted before, against the same files
 * started by Node: from the start of the process until `initialize` and `tools/list` were answered. The row is the server
 * whose ratio is the median.
 */
export async function publishedRows(
  runtimes: readonly Sandboxed[],
  missing: (line: string) => void,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'published-bench-'));
  const stateDir = join(folder, 'state');
  const measured = new Map<Sandboxed, { name: string; plain: Figures; ours: Figures }[]>();
  try {
    for (const server of SERVERS) {
      const name = server.packageName;
      const place = join(folder, name.replace(/\W+/g, '-'));
      mkdirSync(place);
      const prepared = await prepareServer(server, place, stateDir);
      const samples: Record<string, Sample> = { plain: listed(prepared.plain) };
      for (const runtime of runtimes) {
        const { env } = prepared.sandboxed();
        const words = ['sandbox', 'grant', prepared.manifest, '--yes', '--runtime', runtime];
        const { code, stderr } = await spendwise(words, { env });
        if (code === 0) samples[runtime] = listed(prepared.sandboxed('--runtime', runtime));
        else missing(`no ${name} in ${runtime}: ${stderr.trim()}`);
      }
      const figures = await inTurns(ROUNDS, samples);
      const plain = figures.plain as Figures;
      for (const runtime of runtimes) {
        const ours = figures[runtime];
        if (ours) measured.set(runtime, [...(measured.get(runtime) ?? []), { name, plain, ours }]);
      }
      rmSync(stateDir, { recursive: true, force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [...measured].map(([runtime, servers]) => {
    const ratio = ({ plain, ours }: (typeof servers)[number]) => ours.p50 / plain.p50;
    const { name, plain, ours } = median(servers, ratio);
    return row(`${runtime}: sandbox run, median of ${servers.length} published servers (${name})`, ours, {
      aim: AIMS[runtime],
      baseline: ['plain child', plain],
    });
  });
}

const listed =
  (command: Command): Sample =>
  async () => {
    const answer = await listTools(command, PATIENCE_MS);
    if (!answer.ok) throw new Error(answer.why);
    return answer.tookMs;
  };
