import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { spendingManifest } from '../../../agent/app/own-servers.ts';
import { inTurns, type Sample, timed } from './measure.ts';
import { plainSpending } from './ready.ts';
import { type Row, row } from './rows.ts';
import { openIn, type Sandboxes } from './sandboxes.ts';

const AIM = 1.15;
const ROUNDS = 600;
const PLAIN = 'plain child';

/** What a sandbox adds to a call of a tool. */
export async function callRows(
  sandboxes: Sandboxes,
  env: Record<string, string> & { readonly SPENDWISE_DB: string },
): Promise<Row[]> {
  const { program, args } = plainSpending(env);
  const plain = new Client({ name: 'bench', version: '1' });
  await plain.connect(new StdioClientTransport({ command: program, args: [...args] }));
  const clients = new Map<string, Client>([[PLAIN, plain]]);
  for (const [name, runtime] of sandboxes.runtimes())
    clients.set(name, await openIn(runtime, spendingManifest(env.SPENDWISE_DB, undefined, name), env));
  const samples = Object.fromEntries(
    [...clients].map(([name, client]): [string, Sample] => [
      name,
      timed(() => client.callTool({ name: 'get_budget_status', arguments: {} })),
    ]),
  );
  const { [PLAIN]: baseline, ...boxed } = await inTurns(ROUNDS, samples);
  await Promise.all([...clients.values()].map((client) => client.close()));
  return Object.entries(boxed).map(([name, figures]) =>
    row(`${name}: a tool call`, figures, { aim: AIM, ...(baseline ? { baseline: [PLAIN, baseline] } : {}) }),
  );
}
