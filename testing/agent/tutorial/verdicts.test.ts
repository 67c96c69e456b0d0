import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lessons } from '../../../agent/tutorial/lessons.ts';
import { breakCopy, CLONE, copySources } from '../../../agent/tutorial/stage/copy.ts';
import { perform } from '../../../agent/tutorial/stage/perform.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** What the attacks of lessons say about a copy without their guards, and with `to` in place of `from` in a file. */
async function verdicts(numbers: readonly number[], file: string, from: string, to: string) {
  const copy = join(temporaryFolder(), 'copy');
  copySources(CLONE, copy);
  for (const { number, patch = '' } of lessons()) if (numbers.includes(number)) breakCopy(copy, patch);
  const text = readFileSync(join(copy, file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(copy, file), text.replace(from, to));
  const said: Record<string, string> = {};
  for await (const line of perform({ sources: copy, sandbox: 'process', names: numbers.map(String) })) {
    if ('outcome' in line)
      said[line.name] = `${line.outcome.held ? 'HELD' : 'THROUGH'}: ${line.outcome.seen}`;
    if ('failed' in line) said[line.name] = `FAILED: ${line.failed.message}`;
  }
  return said;
}

const TOOLS = 'agent/tools/known-tools.ts';

const SMS = 'mcp-server-sms/src/send/check.ts';

test.each([
  [
    'the policy',
    TOOLS,
    'onlyArguments({ to: ',
    'recipientAllowed,\n$&',
    /^HELD: the tool policy denied it: this recipient is not allowed/,
  ],
  [
    'a question that nobody answered',
    TOOLS,
    'onlyArguments({ to: ',
    'freeTextNeedsAPerson,\n$&',
    /^HELD: the tool policy asked, and nobody said yes: a free text needs your approval/,
  ],
  [
    'the server',
    SMS,
    'config.allowedRecipients.size === 0',
    '!config.allowedRecipients.has(recipient)',
    /^HELD: the tool policy allowed it, but the SMS server refused it: the recipient is not among/,
  ],
])('a verdict names the fence that refused: %s', async (_fence, file, from, to, says) => {
  expect((await verdicts([0], file, from, to))[0]).toMatch(says);
});

const CALL = 'signal.throwIfAborted();';

test.each([
  [
    [0, 2, 3, 4],
    'agent/tools/toolbox.ts',
    CALL,
    `${CALL} if (tool.server === 'sms') throw new Failed('it is down', '');`,
  ],
  [
    [1],
    'agent/loop/agent-loop.ts',
    'meter.startTurn();',
    "$& if (performance.now() > 0) throw new Failed('down', '');",
  ],
  [[5], 'agent/alerts/alert-sender.ts', 'await sendAll(', 'if (ledger.history(1).length === 0) $&'],
])('something that is down holds nothing: lessons %j', async (numbers, file, from, to) => {
  const failed = expect.stringMatching(/^FAILED: /);
  expect(await verdicts(numbers, file, from, to)).toEqual(
    Object.fromEntries(numbers.map((number) => [number, failed])),
  );
});
