import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attack } from '../attack.ts';
import { spendwise } from '../stage/command.ts';
import { runToEnd } from '../stage/stage.ts';

export const attack: Attack = {
  attempt: 'somebody edits the record afterwards: what was denied reads as allowed',
  sandboxed: false,
  async run(stage) {
    // The model must not choose it: SpendWise does.
    const text = { message: 'hello', idempotency_key: 'again' };
    const session = await stage.openSession({
      decide: ({ done }) => (done.length === 0 ? { call: 'send_sms', args: text } : { say: 'Done.' }),
    });
    await runToEnd(session, 'Text me', stage.signal);
    await session.close();
    const verify = () => spendwise(stage, ['sandbox', 'audit', 'verify']);
    if ((await verify()).code !== 0) throw new Error('a log that nobody has edited is not accepted either');
    const folder = join(stage.stateDir, 'audit');
    const log = readdirSync(folder).find((name) => name.endsWith('.jsonl')) ?? '';
    const lines = readFileSync(join(folder, log), 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"verdict":"denied"'));
    if (at < 0) throw new Error('nothing was denied');
    lines[at] = (lines[at] ?? '').replace('"denied"', '"allowed"').replace(/"reason":"[^"]*"/, '"reason":""');
    writeFileSync(join(folder, log), lines.join('\n'));
    stage.say(`-> line ${at + 1} of the audit log: "denied" becomes "allowed"`);
    const { code, stdout, stderr } = await verify();
    const [, said = stdout.trim()] = /\.jsonl: (.*)/.exec(stdout + stderr) ?? [];
    const seen = `exit code ${code} of \`spendwise sandbox audit verify\`: ${said}`;
    return { held: code !== 0, seen };
  },
};
