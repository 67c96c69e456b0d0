import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attackOf, lessons } from '../../../agent/tutorial/lessons.ts';
import { breakCopy, CLONE, copySources } from '../../../agent/tutorial/stage/copy.ts';
import { perform } from '../../../agent/tutorial/stage/perform.ts';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { dockerAvailable } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { inFull, ofToday } from '../../support/in-full.ts';
import { REPO, runProgram } from '../../support/run.ts';

const broken = lessons().filter(({ patch }) => patch !== undefined);
const sandboxed = await Promise.all(broken.map(async (lesson) => (await attackOf(lesson)).sandboxed));
const names = [...lessons().map(({ number }) => String(number)), 'main'];

/** Attacks that a break lets through besides its own: they try the same guard. */
const ALSO_THROUGH: Readonly<Record<string, readonly string[]>> = {};

/**
 * Attacks that a break leaves no way to try: they need what was granted, and must see it work. Without lesson 6's guard, the
 * server is on another network than its relay.
 */
const NOT_TRIED: Readonly<Record<string, readonly string[]>> = { 6: ['7', '8'] };

type Held = boolean | 'not tried';

/** Which attacks were stopped; `main` if the main job worked. */
async function heldIn(sources: string, sandbox: string, wanted = names): Promise<Record<string, Held>> {
  const held: Record<string, Held> = {};
  for await (const line of perform({ sources, sandbox, names: wanted })) {
    if ('outcome' in line) held[line.name] = line.outcome.held;
    if ('failed' in line) held[line.name] = 'not tried';
  }
  return held;
}

const allHeld = Object.fromEntries(names.map((name) => [name, true]));
const copyIn = (folder: string, from = CLONE) => {
  const copy = join(folder, 'copy');
  copySources(from, copy);
  return copy;
};

describe.each([
  // The others run as plain processes, whatever sandbox there is.
  {
    sandbox: 'docker',
    available: dockerAvailable,
    told: inFull ? broken.filter((_, at) => sandboxed[at]) : [],
  },
  // Each lesson's own attack is tried with its page, with and without its guard.
  { sandbox: 'bubblewrap', available: bubblewrapAvailable, told: ofToday(broken, broken.length) },
])('with $sandbox, one broken lesson a day', ({ sandbox, available, told }) => {
  test.skipIf(!available || !inFull)(
    'every attack fails on the product as it is, and the main job works',
    async () => {
      expect(await heldIn(CLONE, sandbox)).toEqual(allHeld);
    },
  );

  test.skipIf(!available).each(told)(
    'without the guard of lesson $number its attack succeeds',
    async (lesson) => {
      const copy = copyIn(temporaryFolder());
      breakCopy(copy, lesson.patch ?? '');
      const name = String(lesson.number);
      const through = [name, ...(ALSO_THROUGH[name] ?? [])];
      // Under Docker, only its own attack: that the others hold is shown under bubblewrap.
      const wanted = sandbox === 'docker' ? [name] : names;
      const expected = Object.fromEntries(
        wanted.map((each) => [each, NOT_TRIED[name]?.includes(each) ? 'not tried' : !through.includes(each)]),
      );
      expect(await heldIn(copy, sandbox, wanted)).toEqual(expected);
    },
  );
});

const lesson = (args: string[], env: Record<string, string> = {}) =>
  runProgram(process.execPath, [join(REPO, 'agent/run.js'), join(REPO, 'agent/tutorial/main.ts'), ...args], {
    env: { SPENDWISE_STATE_DIR: temporaryFolder(), ...env },
  });

/** What `--exercise` leaves of lesson 1. */
function exercise(): string {
  const copy = copyIn(temporaryFolder());
  breakCopy(copy, lessons().find(({ number }) => number === 1)?.patch ?? '');
  return copy;
}

test('an exercise is solved when the guard is back: not before, whatever the judge in its folder says', async () => {
  const folder = join(temporaryFolder(), 'exercise');
  const env = { SPENDWISE_STATE_DIR: temporaryFolder() };
  expect(await lesson(['1', '--exercise', folder], env)).toMatchObject({ code: 0 });
  const attack = join(folder, 'agent/tutorial/01-a-loop-is-an-agent/attack.ts');
  writeFileSync(attack, readFileSync(attack, 'utf8').replace('held: false', 'held: true'));
  expect(await lesson(['1', '--check', folder], env)).toMatchObject({ code: 1 });
  const file = 'agent/loop/run-meter.ts';
  // What a repair prints does not disturb the judge.
  writeFileSync(
    join(folder, file),
    `${readFileSync(join(REPO, file), 'utf8')}\nconsole.log('I was here');\n`,
  );
  const checked = await lesson(['1', '--check', folder], env);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/I was here[\s\S]*Solved\./) });
  expect((await lesson([], env)).stdout).toMatch(/^ 1 .* solved$/m);
});

test('the clone itself is not judged', async () => {
  expect(await lesson(['1', '--check', REPO])).toMatchObject({ code: 2 });
});

test('a repair that denies everything is no repair', async () => {
  const copy = copyIn(temporaryFolder());
  const policy = join(copy, 'agent/tools/policy.ts');
  const text = readFileSync(policy, 'utf8');
  writeFileSync(policy, text.replace('const known = knownTool(call);', "if (args) return deny('no');\n$&"));
  const checked = await lesson(['0', '--check', copy]);
  expect(checked).toMatchObject({ code: 1 });
  expect(checked.stdout).toMatch(/HELD[\s\S]*BROKEN/);
});

test('a broken copy does not run with a real account, key or model, nor beside a .env, nor the drill', async () => {
  const folder = exercise();
  const beside = join(folder, 'beside');
  mkdirSync(beside, { recursive: true });
  writeFileSync(join(beside, '.env'), '');
  const places: [string, Record<string, string>][] = [
    [folder, { TWILIO_AUTH_TOKEN: 'x' }],
    [folder, { TWILIO_API_SECRET: 'x', TWILIO_API_BASE_URL: 'http://example.com' }],
    [folder, { OPENAI_API_KEY: 'x' }],
    [folder, { OPENAI_BASE_URL: 'https://llm.example/v1' }],
    [beside, {}],
  ];
  for (const [program = '', ...args] of [
    ['agent/spendwise.js', 'status'],
    ['agent/run.js', 'testing/demo/main.ts'],
    ['mcp-server-sms/bin/mcp-server-sms.js'],
    ['agent/sandbox/bin/spendwise-sandbox.js', 'list'],
  ])
    for (const [cwd, env] of places)
      expect(
        await runProgram(process.execPath, [join(folder, program), ...args], { cwd, env }),
        `${program} ${JSON.stringify(env)}`,
      ).toMatchObject({ code: 4, stderr: expect.stringContaining('broken on purpose') });
  for (const [program = '', ...args] of [
    ['agent/spendwise.js', 'sandbox', 'verify'],
    ['agent/sandbox/bin/spendwise-sandbox.js', 'verify'],
  ])
    expect(
      await runProgram(process.execPath, [join(folder, program), ...args], { cwd: folder }),
    ).toMatchObject({ code: 4, stderr: expect.stringContaining('run the drill in the clone') });
});

test('a broken copy does not use what the reader has granted to the clone', async () => {
  const folder = exercise();
  const list = (env: Record<string, string>) =>
    runProgram(process.execPath, [join(folder, 'agent/spendwise.js'), 'sandbox', 'list'], {
      cwd: folder,
      env,
    });
  expect(await list({})).toMatchObject({ code: 4, stderr: expect.stringContaining('your grants') });
  expect(await list({ SPENDWISE_STATE_DIR: temporaryFolder() })).toMatchObject({ code: 0 });
});

test('a link in the folder that is judged is refused: nothing is written through it', async () => {
  const folder = exercise();
  const [mine, launcher] = [join(temporaryFolder(), 'mine.js'), join(folder, 'agent/run.js')];
  writeFileSync(mine, 'mine\n');
  rmSync(launcher);
  symlinkSync(mine, launcher);
  const checked = await lesson(['1', '--check', folder]);
  expect(checked).toMatchObject({ code: 2, stderr: expect.stringContaining('agent/run.js is a link') });
  expect(readFileSync(mine, 'utf8')).toBe('mine\n');
});

test.each([
  ['a folder that is there', () => temporaryFolder(), 2, 'is there already'],
  ['a folder among the sources', () => join(REPO, 'agent/lesson-1'), 2, 'is among the sources'],
])('an exercise does not go into %s', async (_what, place, code, why) => {
  const folder = place();
  const before = existsSync(folder) ? readdirSync(folder) : undefined;
  const tried = await lesson(['1', '--exercise', folder]);
  expect(tried).toMatchObject({ code, stderr: expect.stringContaining(why) });
  expect(existsSync(folder) ? readdirSync(folder) : undefined).toEqual(before);
});

test('without git an exercise leaves nothing behind, and says what is missing', async () => {
  const folder = join(temporaryFolder(), 'exercise');
  const tried = await lesson(['1', '--exercise', folder], { PATH: '/nonexistent' });
  expect(tried).toMatchObject({ code: 4, stderr: expect.stringContaining('hint: install git') });
  expect(existsSync(folder)).toBe(false);
});

test('Ctrl-C leaves no broken copy behind', async () => {
  const temporary = temporaryFolder();
  let interrupt = (_signal: NodeJS.Signals): unknown => undefined;
  const ran = runProgram(
    process.execPath,
    [join(REPO, 'agent/run.js'), join(REPO, 'agent/tutorial/main.ts'), '1', '--break'],
    {
      env: { TMPDIR: temporary },
      onStart: (kill) => {
        interrupt = kill;
      },
    },
  );
  await expect.poll(() => readdirSync(temporary).some((name) => name.includes('home'))).toBe(true);
  interrupt('SIGINT');
  expect(await ran).toMatchObject({ code: 130 });
  await expect.poll(() => readdirSync(temporary)).toEqual([]);
});

test('a lesson reads no variable and no .env of the reader', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), 'OPENAI_API_KEY=sk-of-the-reader\nTWILIO_AUTH_TOKEN=of-the-reader\n');
  const ran = await runProgram(
    process.execPath,
    [join(REPO, 'agent/run.js'), join(REPO, 'agent/tutorial/main.ts'), '0', '--break'],
    { cwd: folder, env: { OPENAI_API_KEY: 'sk-of-the-reader', TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}` } },
  );
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('THROUGH') });
});
