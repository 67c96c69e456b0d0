import { knownTool } from './known-tools.ts';
import {
  ask,
  type Denial,
  deny,
  type PolicyFacts,
  type ProposedCall,
  type Question,
  type Send,
} from './rule.ts';

/** `send` is undefined for a call that sends nothing. The model reads the reason of a denial. */
export type Decision =
  | { readonly verdict: 'allow'; readonly send: Send | undefined }
  /** `because` has all `questions` in one line. */
  | (Question & { readonly questions: readonly string[]; readonly send: Send | undefined })
  | Denial;

/** Decides on a call: allow, ask the user, or deny with a reason. Any denial wins, then any question. Pure. */
export function decide(call: ProposedCall, facts: PolicyFacts): Decision {
  const { args } = call;
  // #region decide
  const known = knownTool(call);
  if (known === undefined) return deny(`no rule allows the tool ${call.server}.${call.tool}`);
  const ours = known.hidden?.find((name) => Object.hasOwn(args, name));
  if (ours !== undefined) return deny(`${ours} is set by SpendWise; leave it out`);
  const questions: string[] = [];
  for (const rule of known.rules) {
    const decision = rule(args, facts);
    // Stop here: later rules may rely on what this one checks.
    if (decision?.verdict === 'deny') return decision;
    if (decision?.verdict === 'ask') questions.push(decision.because);
  }
  const send = known.send?.(args, facts);
  if (known.send !== undefined && send === undefined) return deny('the ledger cannot record this text');
  if (questions.length === 0) return { verdict: 'allow', send };
  return { ...ask(questions.join('; ')), questions, send };
  // #endregion
}
