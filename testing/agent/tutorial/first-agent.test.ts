import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TUTORIAL } from '../../../agent/tutorial/lessons.ts';
import { startModelStandIn } from '../../stand-ins/model.ts';
import type { Step } from '../../stand-ins/model-rules.ts';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { dockerAvailable } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { REPO, runProgram } from '../../support/run.ts';

const AGENT = join(TUTORIAL, 'first-agent.ts');
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

/** Runs it without a terminal, with a model that proposes `steps`. */
async function firstAgent(steps: readonly Step[], env: Record<string, string>) {
  const wire = await startModelStandIn({
    decide: ({ done }) => steps[done.length] ?? { say: 'That is all.' },
  });
  onTestFinished(() => wire.close());
  const home = temporaryFolder();
  const notes = join(home, 'notes');
  cpSync(join(TUTORIAL, 'first-server'), notes, { recursive: true });
  chmodSync(join(notes, 'notes'), 0o777);
  chmodSync(join(notes, 'notes', 'notes.txt'), 0o666);
  const ran = await runProgram(
    process.execPath,
    [join(REPO, 'agent/run.js'), AGENT, join(notes, 'manifest.json')],
    {
      cwd: home,
      env: {
        ...{ HOME: home, SPENDWISE_STATE_DIR: join(home, 'state') },
        ...{ OPENAI_API_KEY: 'stand-in', OPENAI_BASE_URL: wire.url.href },
        ...env,
      },
    },
  );
  return { ...ran, notes: readFileSync(join(notes, 'notes', 'notes.txt'), 'utf8') };
}

const STEPS: readonly Step[] = [
  { call: 'read_notes', args: {} },
  { call: 'add_note', args: { text: 'x' } },
  { call: 'delete_notes', args: {} },
  { call: 'constructor', args: {} },
];

test('it has at most 40 lines of code', () => {
  const lines = readFileSync(AGENT, 'utf8').split('\n');
  expect(lines.filter((line) => !/^(\/\/.*|\/\*\*.*)?$/.test(line)).length).toBeLessThanOrEqual(40);
});

const places = [
  { runtime: 'docker', available: dockerAvailable, env: {}, notice: '' },
  { runtime: 'bubblewrap', available: bubblewrapAvailable, env: NO_ENGINE, notice: 'using bubblewrap' },
  {
    runtime: 'process',
    available: true,
    env: { ...NO_ENGINE, PATH: dirname(process.execPath) },
    notice: 'falling back to plain processes',
  },
];

for (const { runtime, available, env, notice } of places)
  test.skipIf(!available)(
    `in ${runtime}, what the policy allows is done, and without a clear yes nothing else`,
    async () => {
      const { code, stdout, stderr, notes } = await firstAgent(STEPS, env);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(notice);
      expect(stdout).toMatch(
        /allowed: read_notes {}\ndenied: add_note {"text":"x"}\ndenied: delete_notes {}\ndenied: constructor {}\nThat is all\.\n$/,
      );
      expect(notes).toBe('Water the plants.\n');
    },
  );

test('a model that never stops is stopped after ten turns', async () => {
  const steps = Array.from({ length: 50 }, () => ({ call: 'read_notes', args: {} }));
  const { code, stdout } = await firstAgent(steps, { ...NO_ENGINE, PATH: dirname(process.execPath) });
  expect(code).toBe(0);
  expect(stdout.match(/allowed: read_notes/g)).toHaveLength(10);
});

test('what a model says cannot control the terminal', async () => {
  const { stdout } = await firstAgent([{ say: 'Fine.\u001b[2J\u202e' }], {
    ...NO_ENGINE,
    PATH: dirname(process.execPath),
  });
  expect(stdout).toMatch(/Fine\.\n$/);
});
