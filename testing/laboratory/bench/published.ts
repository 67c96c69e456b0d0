import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ownBin } from '../../../agent/sandbox/program/packages/bin.ts';
import { REPO, spendwise } from '../../support/run.ts';
import { inTurns, type Sample } from './measure.ts';
import { type Row, row } from './rows.ts';
import { type Command, INITIALIZE } from './starts.ts';

const ROUNDS = 11;
const AIMS = { bubblewrap: 1.8, docker: 2.6 } as const;
type Sandboxed = keyof typeof AIMS;

/** Of strangers, one that takes long to start and one that does not. Neither asks for a permission to list its tools. */
const SERVERS = [
  ['@modelcontextprotocol/server-everything', '2025.9.25'],
  ['@modelcontextprotocol/server-memory', '2026.8.31'],
] as const;

/**
 * `spendwise sandbox run` of published servers, fetched and granted before, against the same files started by Node: from
 * the start of the process until `initialize` and `tools/list` were answered.
 */
export async function publishedRows(
  runtimes: readonly Sandboxed[],
  missing: (line: string) => void,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'published-bench-'));
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    SPENDWISE_STATE_DIR: join(folder, 'state'),
  };
  const rows: Row[] = [];
  try {
    for (const [packageName, packageVersion] of SERVERS) {
      const name = packageName.slice(packageName.indexOf('/') + 1);
      const manifest = join(folder, `${name}.json`);
      const wanted = { name, registry: 'npm', packageName, packageVersion, permissions: [] };
      writeFileSync(manifest, JSON.stringify(wanted));
      const samples: Record<string, Sample> = {};
      for (const runtime of runtimes) {
        const words = ['sandbox', 'grant', manifest, '--yes', '--runtime', runtime];
        const { code, stderr } = await spendwise(words, { env });
        if (code !== 0) {
          missing(`no ${packageName} in ${runtime}: ${stderr.trim()}`);
          continue;
        }
        const args = [`${REPO}agent/spendwise.js`, 'sandbox', 'run', manifest, '--runtime', runtime];
        samples[runtime] = listed({ program: process.execPath, args, env });
      }
      const packages = join(env.SPENDWISE_STATE_DIR, 'packages');
      const fetched = readdirSync(packages).find((entry) => entry.includes(name));
      if (fetched === undefined) continue;
      const place = join(packages, fetched);
      const args = [join(place, ownBin(place, packageName))];
      const figures = await inTurns(ROUNDS, {
        plain: listed({ program: process.execPath, args, env }),
        ...samples,
      });
      for (const runtime of runtimes) {
        const ours = (figures as Record<string, typeof figures.plain>)[runtime];
        if (ours)
          rows.push(
            row(`${runtime}: sandbox run ${name}`, ours, {
              aim: AIMS[runtime],
              baseline: ['plain child', figures.plain],
            }),
          );
      }
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const LIST = [
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  '{"jsonrpc":"2.0","id":2,"method":"tools/list"}',
];

/** From the start of a server until it has said hello and listed its tools. */
const listed =
  ({ program, args, env }: Command): Sample =>
  async () => {
    const started = performance.now();
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    const gone = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.write(INITIALIZE);
    await answerTo(1, lines);
    child.stdin.write(LIST.map((line) => `${line}\n`).join(''));
    await answerTo(2, lines);
    const took = performance.now() - started;
    // Not every server ends with its stdin.
    child.kill('SIGTERM');
    await gone;
    return took;
  };

async function answerTo(id: number, lines: AsyncIterator<string>): Promise<void> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error('the server ended before it had answered');
    const message = JSON.parse(value);
    if (message.id !== id || message.method !== undefined) continue;
    if (message.error) throw new Error(`the server answered with an error: ${message.error.message}`);
    return;
  }
}
