import { networkInterfaces } from 'node:os';
import type { Session } from '../../agent/app/session.ts';
import type { RunRecord } from '../../agent/runs/record.ts';
import type { RunRecorder } from '../../agent/runs/report.ts';
import { Failed } from '../../agent/sandbox/foundation/errors.ts';
import { plainly } from '../../agent/sandbox/foundation/plainly.ts';
import { jsonLine } from '../../agent/sandbox/foundation/shown/json-line.ts';
import { ours, type Shown, shown } from '../../agent/sandbox/foundation/shown/shown.ts';
import type { RunningServer } from '../../agent/sandbox/plan/runtime.ts';
import type { Theme } from '../../agent/sandbox/terminal/theme.ts';
import { working } from '../../agent/sandbox/terminal/working.ts';

/** A number from the range kept for fiction; nobody allowed it. */
const STRANGER = '+12025550199';

/** Where a thief would collect: a name that nobody can have, and this machine itself. */
const COLLECTOR = 'collector.example';
const thisMachine = () =>
  Object.values(networkInterfaces())
    .flat()
    .find((a) => a?.family === 'IPv4' && !a.internal)?.address;

interface Stage {
  /** What is played is part of the run's record, with a note that says so. */
  readonly run: RunRecord;
  readonly signal: AbortSignal;
  readonly recorder: RunRecorder;
  readonly heading: (text: Shown) => void;
  readonly tell: (...lines: Shown[]) => void;
  readonly theme: Theme;
}

/** Two attacks. That one gets through would be a bug: then the demo fails. */
export async function playAttacks(session: Session, stage: Stage): Promise<void> {
  const { heading } = stage;
  if (!session.withoutSms) {
    heading(ours`Blocked: a text to a stranger`);
    announce(stage, ours`Here the demo plays a model that was talked into it: it calls send_sms itself.`);
    await textStranger(session, stage);
  }
  const { smsServer } = session;
  if (smsServer?.exec) {
    heading(ours`Blocked: a host that was not granted`);
    announce(stage, ours`Here the demo plays an SMS server that was taken over, from inside its sandbox.`);
    await callHome(smsServer.exec, stage);
  }
}

function announce({ run, tell, theme }: Stage, text: Shown): void {
  tell(theme.dim(ours`  ${text}`));
  run.write({ type: 'note', text, plays: true });
}

const arrow = () => (plainly() ? ours`call:` : ours`->`);

/** Goes through the same door as the model's calls. */
async function textStranger(session: Session, { run, signal, tell, theme }: Stage): Promise<void> {
  const args = { to: STRANGER, message: 'Shopping CHF 95, Food & Dining CHF 135' };
  const call = { callId: 'played', name: 'sms__send_sms', arguments: JSON.stringify(args) };
  tell(ours`  ${arrow()} ${shown(call.name)} ${jsonLine(args)}`);
  run.write({ type: 'call', call });
  const outcome = await session.door.call(call.name, call.arguments, signal);
  run.write({ type: 'outcome', call, outcome });
  if (outcome.kind === 'result')
    throw new Failed('the text to a stranger was not blocked', 'this is a bug: please report it');
  tell(ours`  ${theme.red(ours`BLOCKED`)} by the tool policy: ${shown(outcome.reason)}`);
}

/** Real attempts with the server's own rights: by name, and at an address. Both must fail, and be on record. */
async function callHome(
  exec: NonNullable<RunningServer['exec']>,
  { run, recorder, tell, theme }: Stage,
): Promise<void> {
  for (const host of [COLLECTOR, thisMachine()]) {
    if (host === undefined) continue;
    const url = `https://${host}/`;
    const before = recorder.egress.length;
    tell(
      ours`  ${arrow()} fetch('${shown(url)}')${host === COLLECTOR ? ours`` : ours`, this machine itself`}`,
    );
    const trying = exec([
      'node',
      '-e',
      `fetch('${url}').catch((e) => { console.log(e.cause.code); process.exit(7); })`,
    ]);
    const { code, output } = await working(ours`waiting for its answer`, trying);
    if (code !== 7) throw new Failed(`${url} was not blocked`, 'this is a bug: please report it');
    const record = recorder.egress[before];
    const seen = record
      ? `on record: ${record.host}:${record.port}, ${record.reason}`
      : 'there is no way there';
    tell(ours`  ${theme.red(ours`BLOCKED`)} ${shown(output)}; ${shown(seen)}`);
    run.write({ type: 'note', text: `fetch('${url}') was BLOCKED: ${output.trim()}; ${seen}` });
  }
}
