import { readFileSync } from 'node:fs';
import { runLogs } from '@spendwise/sandbox/audit';
import { Failed } from '@spendwise/sandbox/errors';
import type { AgentEvent } from '../../loop/agent-loop.ts';

/**
 * Who stopped the last call of a run, and why: from the policy's line in the audit log and the server's structured
 * answer. Throws if nobody refused it. Then something else failed, and the attack was not tried.
 */
export function whoRefused(
  stateDir: string,
  { events, error }: { readonly events: readonly AgentEvent[]; readonly error: unknown },
): string {
  const outcome = events.findLast((event) => event.type === 'outcome')?.outcome;
  if (outcome?.kind === 'denied') {
    const verdict = lastVerdict(stateDir, outcome.call.tool);
    if (verdict === 'denied') return `the tool policy denied it: ${outcome.reason}`;
    if (verdict === 'asked') return `the tool policy asked, and nobody said yes: ${outcome.reason}`;
    return `the tool policy ${verdict} it, but no text was made or recorded: ${outcome.reason}`;
  }
  if (outcome?.kind === 'result' && outcome.result.structured?.status === 'refused') {
    const { reason } = outcome.result.structured;
    return `the tool policy ${lastVerdict(stateDir, outcome.call.tool)} it, but the SMS server refused it: ${reason}`;
  }
  const instead = outcome?.kind === 'result' ? outcome.result.text : outcome?.reason;
  throw new Failed(
    `nobody refused the call, and yet nothing arrived: ${error instanceof Error ? error.message : instead}`,
    'something besides the attack failed: that counts as neither held nor through',
  );
}

/** `allowed`, `asked` or `denied`, as the log of the newest run has it. */
function lastVerdict(stateDir: string, tool: string): unknown {
  const lines = readFileSync(runLogs(stateDir).at(-1) ?? '', 'utf8')
    .trimEnd()
    .split('\n');
  return lines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .findLast(({ event, tool: of }) => event === 'policy' && of === tool)?.verdict;
}
