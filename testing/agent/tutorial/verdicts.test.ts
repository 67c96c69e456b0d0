import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lessons } from '../../../agent/tutorial/lessons.ts';
import { breakCopy, CLONE, copySources } from '../../../agent/tutorial/stage/copy.ts';
import { perform } from '../../../agent/tutorial/stage/perform.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** What a lesson's attack says about a copy without the lesson's guard, and with `to` in place of `from` in a file. */
async function verdict(number: number, file: string, from: string, to: string): Promise<string> {
  const copy = join(temporaryFolder(), 'copy');
  copySources(CLONE, copy);
  breakCopy(copy, lessons().find((lesson) => lesson.number === number)?.patch ?? '');
  const text = readFileSync(join(copy, file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(copy, file), text.replace(from, to));
  const said: string[] = [];
  for await (const line of perform({ sources: copy, sandbox: 'process', names: [String(number)] })) {
    if ('outcome' in line) said.push(`${line.outcome.held ? 'HELD' : 'THROUGH'}: ${line.outcome.seen}`);
    if ('failed' in line) said.push(`FAILED: ${line.failed.message}`);
  }
  return said.join();
}

const TOOLS = 'agent/tools/known-tools.ts';
const CALL = 'signal.throwIfAborted();';
const DOWN = `${CALL} if (tool.server === 'sms') throw new Failed('it is down', '');`;

test('a verdict names the fence that refused: the policy, a question that nobody answered, or the server', async () => {
  expect(await verdict(0, TOOLS, 'onlyArguments({ to: ', 'recipientAllowed,\n$&')).toMatch(
    /^HELD: the tool policy denied it: this recipient is not allowed/,
  );
  expect(await verdict(0, TOOLS, 'onlyArguments({ to: ', 'freeTextNeedsAPerson,\n$&')).toMatch(
    /^HELD: the tool policy asked, and nobody said yes: a free text needs your approval/,
  );
  const [file, broken] = ['mcp-server-sms/src/send/check.ts', 'config.allowedRecipients.size === 0'];
  expect(await verdict(0, file, broken, '!config.allowedRecipients.has(recipient)')).toMatch(
    /^HELD: the tool policy allowed it, but the SMS server refused it: the recipient is not among/,
  );
});

test.each([
  [0, 'agent/tools/toolbox.ts', CALL, DOWN],
  [
    1,
    'agent/loop/agent-loop.ts',
    'meter.startTurn();',
    "$& if (performance.now() > 0) throw new Failed('down', '');",
  ],
  [2, 'agent/tools/toolbox.ts', CALL, DOWN],
  [3, 'agent/tools/toolbox.ts', CALL, DOWN],
  [4, 'agent/tools/toolbox.ts', CALL, DOWN],
  [5, 'agent/alerts/alert-sender.ts', 'await sendAll(', 'if (ledger.history(1).length === 0) $&'],
])('in lesson %i, something that is down holds nothing', async (number, file, from, to) => {
  expect(await verdict(number, file, from, to)).toMatch(/^FAILED: /);
});
