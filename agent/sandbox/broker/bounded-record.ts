import type { OnEgress } from '../plan/egress.ts';

/** At most so many denials of a run are recorded, and as many failures. */
const MAX_DENIALS = 5_000;
/** At most so many different requests of a run are described. */
const MAX_DESCRIBED = 200;

/** A workload that retries for ever must not fill the disk with records. Allowed connections are always recorded. */
export function bounded(record: OnEgress): OnEgress {
  const counts = { denied: 0, failed: 0 };
  const described = new Set<string>();
  return ({ request, ...rest }) => {
    const { verdict } = rest;
    if (verdict === 'allowed') return record(rest);
    const text = request && JSON.stringify(request);
    if (text !== undefined && described.size < MAX_DESCRIBED) described.add(text);
    const event = request && described.has(text ?? '') ? { ...rest, request } : rest;
    counts[verdict] += 1;
    if (counts[verdict] < MAX_DENIALS) record(event);
    if (counts[verdict] === MAX_DENIALS) {
      const what = verdict === 'denied' ? 'denials' : 'failures';
      record({ ...event, reason: `too many attempts: further ${what} of this run are not recorded` });
    }
  };
}
