import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failed } from '@spendwise/sandbox/errors';
import { startModelStandIn } from '../../../testing/stand-ins/model.ts';
import type { Step } from '../../../testing/stand-ins/model-rules.ts';
import { TUTORIAL } from '../lessons.ts';
import { CLONE } from './copy.ts';
import { passedOn } from './perform.ts';

/** What the stand-in for the model proposes: one call for each of the three answers of the policy. */
const STEPS: readonly Step[] = [
  { call: 'read_notes', args: {} },
  { call: 'add_note', args: { text: 'Repot the basil.' } },
  { call: 'delete_notes', args: {} },
  { say: 'Your notes are complete.' },
];

/** Runs first-agent.ts on a copy of its notes, without key and account. Its questions are asked at this terminal. */
export async function runFirstAgent(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'spendwise-lesson-home-'));
  const wire = await startModelStandIn({ decide: ({ done }) => STEPS[done.length] ?? { say: 'Done.' } });
  try {
    const notes = join(home, 'first-server');
    cpSync(join(TUTORIAL, 'first-server'), notes, { recursive: true });
    // Throw-away notes: whoever the server runs as must be able to add to them.
    chmodSync(join(notes, 'notes'), 0o777);
    chmodSync(join(notes, 'notes', 'notes.txt'), 0o666);
    const program = [join(TUTORIAL, 'first-agent.ts'), join(notes, 'manifest.json')];
    const agent = spawn(process.execPath, [join(CLONE, 'agent/run.js'), ...program], {
      cwd: home,
      env: { ...passedOn(home), OPENAI_BASE_URL: wire.url.href, OPENAI_API_KEY: 'stand-in' },
      stdio: 'inherit',
    });
    const [code] = await once(agent, 'exit');
    if (code !== 0) throw new Failed('first-agent.ts did not end well', 'its error is above');
  } finally {
    await wire.close();
    rmSync(home, { recursive: true, force: true });
  }
}
