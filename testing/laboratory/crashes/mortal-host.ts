import Database from 'better-sqlite3';
import { Ledger } from '../../../agent/alerts/ledger/ledger.ts';
import { ServerTransport } from '../../../agent/sandbox/protocol/transport.ts';
import { Toolbox } from '../../../agent/tools/toolbox.ts';
import type { OwnStep } from './steps.ts';

/**
 * `spendwise alert`, every part of it the real one, in a process that kills itself at the nth time that it comes to a
 * step: no handler runs, nothing is flushed, as with kill -9 from outside, but at exactly that place.
 */
const [step, nth, runtime] = process.argv.slice(2) as [OwnStep, string, string];

let left = Number(nth);
function reach(reached: OwnStep): void {
  if (reached !== step) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

/** The call to the ledger that is under way: its transaction is where the disk is written. */
let inside: 'open' | 'recover' | 'observe' | 'reserve' | 'sending' | 'settle' = 'open';

for (const name of ['recover', 'observe', 'reserve', 'sending', 'settle'] as const) {
  const real = Ledger.prototype[name] as (...args: unknown[]) => unknown;
  Object.assign(Ledger.prototype, {
    [name](this: Ledger, ...args: unknown[]) {
      reach(`${name}:before`);
      inside = name;
      const result = real.apply(this, args);
      reach(`${name}:after`);
      return result;
    },
  });
}

const { transaction } = Database.prototype;
Object.assign(Database.prototype, {
  transaction(this: Database.Database, work: (...args: unknown[]) => unknown) {
    return transaction.call(this, (...args: unknown[]) => {
      const result = work(...args);
      reach(`${inside}:uncommitted`);
      return result;
    });
  },
});

const { send } = ServerTransport.prototype;
ServerTransport.prototype.send = async function (message) {
  await send.call(this, message);
  const { method, params } = message as { method?: string; params?: { name?: string } };
  if (method === 'tools/call') reach(params?.name === 'find_messages' ? 'look-up:written' : 'call:written');
};

const { call } = Toolbox.prototype;
Toolbox.prototype.call = async function (tool, ...rest) {
  const result = await call.call(this, tool, ...rest);
  reach(tool.tool === 'find_messages' ? 'look-up:answered' : 'call:answered');
  return result;
};

process.argv.splice(2, Number.POSITIVE_INFINITY, 'alert', '--yes', '--json', '--runtime', runtime);
await import('../../../agent/cli/main.ts');
