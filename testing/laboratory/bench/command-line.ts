import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { REPO } from '../../support/run.ts';
import { type Figures, inTurns, type Sample, timed } from './measure.ts';
import { type Row, row } from './rows.ts';
import { makeDatabase, ofSize, SIZES } from './sizes.ts';
import { bareNode } from './starts.ts';

const ROUNDS = 15;

/** Whole processes of the command line, from start to end. Making the databases takes a minute. */
export async function commandLineRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'command-line-bench-'));
  const database = (size: number) => join(folder, `${size}.db`);
  try {
    writeSeed(database(0), originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
    for (const size of SIZES) makeDatabase(database(size), size);
    const samples = SIZES.map((size): [string, Sample] => [`${size}`, spendwise(['status'], database(size))]);
    const figures: Record<string, Figures> = await inTurns(ROUNDS, {
      node: bareNode,
      version: spendwise(['--version']),
      seed: spendwise(['status'], database(0)),
      ...Object.fromEntries(samples),
    });
    const of = (name: string) => figures[name] as Figures;
    const against = { aim: 1.3, baseline: ['--version', of('version')] } as const;
    return [
      row('spendwise --version', of('version'), { aim: 2.2, baseline: ['bare Node start', of('node')] }),
      row('spendwise status', of('seed'), against),
      ...SIZES.map((size) => row(ofSize('spendwise status', size), of(`${size}`), against)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const spendwise = (args: readonly string[], database = ''): Sample =>
  run(process.execPath, [`${REPO}agent/spendwise.js`, ...args], { SPENDWISE_DB: database });

/** A whole program, whose output nobody reads. Throws if it fails. */
export const run = (program: string, args: readonly string[], env: Record<string, string> = {}): Sample =>
  timed(async () => {
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: 'ignore',
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  });
