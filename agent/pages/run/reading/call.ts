import { tell } from '../../../loop/agent-loop.ts';
import type { KnownEvent } from '../../../runs/event.ts';
import type { CallOutcome } from '../../../tools/door.ts';
import { bodyOf, cut } from './cut.ts';
import type { Draft, Kept } from './kept.ts';
import type { Servers } from './servers.ts';

export type ApprovalEvent = Extract<KnownEvent, { type: 'approval' }>;

/** A call in the record. The lines of the audit log are matched with it. */
export interface Call {
  readonly name: string;
  readonly arguments: string;
  /** The server as the policy names it, and as its sandbox does. */
  prefix: string;
  server: string;
  tool: string;
  /** The note that says by whom it was played. */
  readonly played: string | undefined;
  readonly from: number;
  /** When its outcome was known; without one, when the next call began. */
  to: number;
  outcome?: CallOutcome;
  readonly approvals: ApprovalEvent[];
  /** What the log has of it so far. */
  asked?: number;
  refused?: true;
  reached?: true;
}

/** Its tool, and to whom a text would go. */
export function titleOf({ tool, outcome }: Call): string {
  const to = outcome === undefined || outcome.kind === 'invalid' ? undefined : outcome.call.args.to;
  return typeof to === 'string' ? cut(`${tool} to ${to}`) : tool;
}

/** What each of its moments has: its arguments, and the result as the model saw it. */
export function ofCall(call: Call): Pick<Draft, 'call' | 'bodies'> {
  const given = bodyOf('arguments', call.arguments);
  return {
    call,
    bodies:
      call.outcome === undefined
        ? [given]
        : [given, bodyOf('result, as the model saw it', tell(call.outcome))],
  };
}

/** The call at its server. */
export function atServer(call: Call, from: number, servers: Servers): Draft {
  return {
    lane: servers.laneOf(call.server),
    from,
    ...(Number.isFinite(call.to) ? { to: call.to } : { lasting: true }),
    verdict: resultVerdict(call.outcome),
    title: titleOf(call),
    ...ofCall(call),
  };
}

function resultVerdict(outcome: CallOutcome | undefined): 'passed' | 'failed' | 'unknown' {
  if (outcome?.kind !== 'result') return 'unknown';
  const { isError, structured } = outcome.result;
  if (!isError) return 'passed';
  return structured?.status === 'unknown' ? 'unknown' : 'failed';
}

/** A question to the person, from when it was asked. */
export const answered = ({ tool, because, recipient, approved, time }: ApprovalEvent, call?: Call): Draft => {
  const answer = approved === undefined ? 'no answer: the question was interrupted' : approved ? 'yes' : 'no';
  return {
    lane: 'you',
    from: call?.asked ?? Date.parse(time),
    to: Date.parse(time),
    verdict: approved === true ? 'passed' : 'stopped',
    title: `${tool} to ${recipient ?? 'nobody'}?`,
    because: approved === true ? because : `${answer}; ${because}`,
    facts: [['answer', answer]],
    ...(call && ofCall(call)),
  };
};

/** What the record has of a call and the log has not. */
export function complete(call: Call, kept: Kept, servers: Servers): void {
  const { outcome, from, approvals, refused, reached } = call;
  for (const approval of approvals) kept.add(answered(approval, call));
  const isRefused = outcome?.kind === 'denied' || outcome?.kind === 'invalid';
  if (isRefused && refused === undefined)
    kept.add({
      lane: 'door',
      from: Number.isFinite(call.to) ? call.to : from,
      verdict: 'stopped',
      title: outcome.kind === 'invalid' ? call.name : titleOf(call),
      because: outcome.reason,
      ...ofCall(call),
    });
  if (outcome?.kind === 'result' && reached === undefined) kept.add(atServer(call, from, servers));
  if (outcome?.kind === 'invalid') return;
  if (isRefused || refused) servers.called(call.server, 'stopped');
  else if (outcome?.kind === 'result' || reached) servers.called(call.server, resultVerdict(outcome));
}
