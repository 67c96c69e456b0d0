import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ContainerEngine } from '../../../agent/sandbox/runtimes/docker/container.ts';
import { findEngine } from '../../../agent/sandbox/runtimes/docker/engine.ts';
import { inTurns, type Sample, timed } from './measure.ts';
import { type Row, row } from './rows.ts';
import type { Sandboxes } from './sandboxes.ts';

const BYTES = 48 * 2 ** 20;
const PIECE = 64 * 1024;
/** As long as a call of a tool and its answer are. */
const LINE = `${'x'.repeat(400)}\n`;
const SEND = `const piece = Buffer.alloc(${PIECE});
let left = ${BYTES};
const more = () => {
  while (left > 0) {
    left -= piece.length;
    if (!process.stdout.write(piece)) return void process.stdout.once('drain', more);
  }
};
process.stdin.once('data', more);`;

interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly gone: Promise<unknown>;
}
type Start = (command: readonly [string, ...string[]]) => Promise<Program>;

/**
 * What the engine's own stream costs, with nothing of ours in the container: all that a sandbox under Docker says and
 * hears passes through it, so no tool call and no transfer there can be cheaper.
 */
export async function engineRows({ images }: Sandboxes, folder: string): Promise<Row[]> {
  if (images === undefined) return [];
  const starts: Record<string, Start> = {
    'plain child': plainly,
    docker: inContainer(await findEngine(process.env), images.node, folder),
  };
  const rows: Row[] = [];
  const echoes: Record<string, Program> = {};
  for (const [name, start] of Object.entries(starts)) echoes[name] = await start(['cat']);
  const line = await inTurns(
    600,
    samplesOf(echoes, (program) => timed(() => echoed(program))),
  );
  rows.push(alone('a line there and back', 'ms', line));
  for (const { stdin, gone } of Object.values(echoes)) {
    stdin.end();
    await gone;
  }
  const out = await inTurns(
    5,
    samplesOf(starts, (start) => () => received(start)),
  );
  const into = await inTurns(
    5,
    samplesOf(starts, (start) => () => sent(start)),
  );
  return [...rows, alone('bulk out', 'MB/s', out), alone('bulk in', 'MB/s', into)];
}

const alone = (
  what: string,
  unit: 'ms' | 'MB/s',
  { docker, 'plain child': plain }: Awaited<ReturnType<typeof inTurns>>,
): Row =>
  row(`docker: the engine's stream alone, ${what}`, docker as NonNullable<typeof docker>, {
    unit,
    ...(plain ? { baseline: ['plain child', plain] } : {}),
  });

const samplesOf = <Of>(all: Record<string, Of>, sample: (one: Of) => Sample): Record<string, Sample> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, sample(one)]));

async function plainly([program, ...args]: readonly [string, ...string[]]): Promise<Program> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  return { stdin: child.stdin, stdout: child.stdout, gone: once(child, 'close') };
}

function inContainer(engine: ContainerEngine, image: string, folder: string): Start {
  return async ([program, ...args]) => {
    const container = await engine.run({
      name: `spendwise-bench-${randomBytes(6).toString('hex')}`,
      folder,
      image,
      labels: {},
      network: 'none',
      user: '65532:65532',
      memoryBytes: 2 ** 28,
      mounts: [],
      entrypoint: program,
      command: args,
    });
    container.stderr.pipe(process.stderr);
    return container;
  };
}

async function echoed({ stdin, stdout }: Program): Promise<void> {
  let left = LINE.length;
  const back = Promise.withResolvers<void>();
  const count = (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) back.resolve();
  };
  stdout.on('data', count);
  stdin.write(LINE);
  await back.promise;
  stdout.off('data', count);
}

/** In MB/s, from when the program is told to send. */
async function received(start: Start): Promise<number> {
  const { stdin, stdout, gone } = await start(['node', '-e', SEND]);
  let left = BYTES;
  const all = Promise.withResolvers<void>();
  stdout.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) all.resolve();
  });
  const took = await timed(() => {
    stdin.write('\n');
    return all.promise;
  })();
  stdin.end();
  await gone;
  return BYTES / 1e3 / took;
}

/** In MB/s, until the program has read all. */
async function sent(start: Start): Promise<number> {
  const { stdin, stdout, gone } = await start(['sh', '-c', 'echo started; cat >/dev/null; echo done']);
  await once(stdout, 'data');
  const piece = Buffer.alloc(PIECE);
  const took = await timed(async () => {
    for (let left = BYTES; left > 0; left -= PIECE) if (!stdin.write(piece)) await once(stdin, 'drain');
    stdin.end();
    await text(stdout);
  })();
  await gone;
  return BYTES / 1e3 / took;
}
