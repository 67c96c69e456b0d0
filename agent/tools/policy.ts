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

/** `send` is undefined for a call that sends nothing. A denial is data that the model reads and may act on. */
export type Decision =
  | { readonly verdict: 'allow'; readonly send: Send | undefined }
  /** `because` has all `questions` in one line. */
  | (Question & { readonly questions: readonly string[]; readonly send: Send | undefined })
  | Denial;

/** Allowed, a person's to approve, or denied with a reason. Pure: any denial wins, then any question. */
export function decide(call: ProposedCall, facts: PolicyFacts): Decision {
  const { args } = call;
  const known = knownTool(call);
  if (known === undefined) return deny(`no rule allows the tool ${call.server}.${call.tool}`);
  const ours = known.hidden?.find((name) => Object.hasOwn(args, name));
  if (ours !== undefined) return deny(`${ours} is not yours to set; leave it out`);
  const questions: string[] = [];
  for (const rule of known.rules) {
    const decision = rule(args, facts);
    // No further rule: it may rely on what this one has found wrong.
    if (decision?.verdict === 'deny') return decision;
    if (decision?.verdict === 'ask') questions.push(decision.because);
  }
  const send = known.send?.(args, facts);
  if (known.send !== undefined && send === undefined) return deny('the ledger could not hold this text');
  if (questions.length === 0) return { verdict: 'allow', send };
  return { ...ask(questions.join('; ')), questions, send };
}
