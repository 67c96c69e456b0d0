import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import type { Session } from '../../../agent/app/session.ts';
import type { Model } from '../../../agent/models/model.ts';
import { originalScenario } from '../../../agent/spending/seed/original.ts';
import { writeSeed } from '../../../agent/spending/seed/write.ts';
import { householdEnvironment } from '../../support/household.ts';
import { benchSession } from './bench-session.ts';
import { inTurns, timed } from './measure.ts';
import { type Row, row } from './rows.ts';

const ROUNDS = 100;
const nobody: Model = { name: 'none', respond: () => Promise.reject(new Error('not asked')) as never };

/** What a call costs for going through the door (facts, policy, audit log), and a text for its place in the ledger. */
export async function doorRows(twilio: URL): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'door-bench-'));
  const env = householdEnvironment(folder, twilio);
  writeSeed(env.SPENDWISE_DB, originalScenario(Temporal.Now.plainDateISO()), Temporal.Now.timeZoneId());
  const session = await benchSession(env, nobody);
  const ledger = Ledger.open(join(folder, 'ledger'), hourly());
  try {
    return [await callRow(session), await ledgerRow(ledger)];
  } finally {
    ledger.close();
    await session.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function callRow(session: Session): Promise<Row> {
  const { signal } = new AbortController();
  const name = 'spending__get_budget_status';
  const client = session.servers.find(({ prefix }) => prefix === 'spending')?.connected?.client;
  const figures = await inTurns(ROUNDS, {
    direct: timed(async () => client?.callTool({ name: 'get_budget_status', arguments: {} })),
    door: timed(() => session.door.call(name, JSON.stringify({}), signal)),
  });
  return row('a call through the door', figures.door, { baseline: ['without it', figures.direct] });
}

/** Three commits, each on the disk before it returns. */
async function ledgerRow(ledger: Ledger): Promise<Row> {
  let count = 0;
  const { ledger: figures } = await inTurns(ROUNDS, {
    ledger: timed(async () => {
      const reserved = ledger.reserve({
        tool: 'send_sms',
        recipient: '+12025550143',
        body: `text ${count++}`,
      });
      if (!reserved.ok) throw new Error('no place in the ledger');
      ledger.sending(reserved.id);
      ledger.settle(reserved.id, { state: 'sent', sid: undefined });
    }),
  });
  return row('a place in the ledger, from reserved to sent', figures, {});
}

/** A clock on which the caps are never reached. */
function hourly(): () => number {
  let now = Date.now();
  return () => {
    now += 3_600_000;
    return now;
  };
}
