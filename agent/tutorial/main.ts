import { existsSync, lstatSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { EXIT, Failed, Interrupted, NotConfigured, UsageError } from '@spendwise/sandbox/errors';
import { onEnding } from '@spendwise/sandbox/interrupt';
import { runtimeOption } from '@spendwise/sandbox/options';
import { runProgram } from '@spendwise/sandbox/run-program';
import { out } from '@spendwise/sandbox/screen';
import { ours, padded, type Shown, shown, shownLines } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { begin } from '@spendwise/sandbox/working';
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { Outcome } from './attack.ts';
import { type Lesson, lessons } from './lessons.ts';
import { markSolved, solvedLessons } from './progress.ts';
import { breakCopy, CLONE, copySources, PRODUCT } from './stage/copy.ts';
import { runFirstAgent } from './stage/first-agent.ts';
import { perform, removedAtExit } from './stage/perform.ts';

const theme = themeFor(process.stdout);
const say = (...lines: Shown[]) => out.line(...lines);

interface Options {
  readonly runtime: string;
  readonly break?: true;
  readonly exercise?: string;
  readonly check?: string;
}

async function lesson(lesson: Lesson | undefined, options: Options): Promise<void> {
  const modes = [options.break, options.exercise, options.check].filter((mode) => mode !== undefined);
  if (modes.length > 1 || (modes.length > 0 && lesson === undefined))
    throw new UsageError(
      'one of --break, --exercise and --check, of one lesson',
      'such as: npm run lesson 4 -- --break',
    );
  if (lesson === undefined) return list();
  say(theme.bold(ours`Lesson ${lesson.number}: ${shown(lesson.title)}`));
  if (options.exercise !== undefined) return exercise(lesson, folderOf(options.exercise));
  if (options.check !== undefined) return check(lesson, folderOf(options.check), options.runtime);
  if (!options.break) {
    const { held } = await play(CLONE, String(lesson.number), options.runtime);
    say(ours``, ours`Read: agent/tutorial/${shown(lesson.folder)}/README.md`);
    if (!held) throw new Failed('the attack was not stopped', 'this is a bug: please report it');
    if (lesson.number === 0) {
      say(ours``, ours`An agent of your own, in 40 lines: agent/tutorial/first-agent.ts`);
      await runFirstAgent();
    }
    return;
  }
  const { held } = await inCopy(CLONE, (copy) => {
    say(ours``, ours`In a copy of the sources, this lesson's guard is taken out:`, ...diff(lesson));
    breakCopy(copy, patchOf(lesson));
    return play(copy, String(lesson.number), options.runtime);
  });
  if (held)
    throw new Failed(
      'the attack failed without the guard',
      'this is a bug: please report it; only lesson 6 is known to fail so, under Docker Desktop',
    );
}

/** npm changes the folder, and says in which one the command was typed. */
const folderOf = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

function list(): void {
  const solved = solvedLessons();
  const all = lessons();
  say(
    ...all.map(({ number, title }) => {
      const mark = solved.has(number) ? theme.green(ours`solved`) : ours``;
      return ours`${padded(number, -2)}  ${padded(shown(title), 44)}  ${mark}`.trimEnd() as Shown;
    }),
  );
  const next = all.find(({ number, patch }) => patch !== undefined && !solved.has(number));
  if (next !== undefined) say(ours``, ours`Next: npm run lesson ${next.number}`);
}

/** Plays one attack and shows it. */
async function play(sources: string, name: string, sandbox: string): Promise<Outcome> {
  say(ours``);
  let outcome: Outcome | undefined;
  let end = begin(ours`trying it`);
  for await (const line of perform({ sources, sandbox, names: [name] })) {
    end();
    end = begin(ours`trying it`);
    if ('attempt' in line) say(name === 'main' ? shown(line.attempt) : ours`Attack: ${shown(line.attempt)}`);
    if ('notice' in line) say(theme.dim(ours`  ${shown(line.notice)}`));
    if ('say' in line) say(shownLines(line.say, ours`  `));
    if ('failed' in line) throw new NotConfigured(line.failed.message, line.failed.hint || 'see above');
    if ('outcome' in line) outcome = line.outcome;
  }
  end();
  if (outcome === undefined) throw new Failed('the attack ended without a result', 'run it again');
  const seen = shownLines(outcome.seen, ours`  `).trimStart() as Shown;
  const verdict = name === 'main' ? ['WORKS', 'BROKEN'] : ['HELD', 'THROUGH'];
  say(
    outcome.held
      ? ours`${theme.green(ours`${shown(verdict[0] ?? '')}`)}: ${seen}`
      : ours`${theme.red(ours`${shown(verdict[1] ?? '')}`)}: ${seen}`,
  );
  return outcome;
}

function exercise(lesson: Lesson, folder: string): void {
  const patch = patchOf(lesson);
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined)
    throw new UsageError(`${folder} is there already`, 'name a folder that does not exist yet');
  if (PRODUCT.includes(relative(CLONE, folder).split(sep)[0] ?? ''))
    throw new UsageError(`${folder} is among the sources`, 'name a folder beside them, such as lesson-4');
  try {
    copySources(CLONE, folder);
    breakCopy(folder, patch);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const files = [...readFileSync(patch, 'utf8').matchAll(/^\+\+\+ b\/(.*)$/gm)].map(([, path = '']) => path);
  say(
    ours``,
    ours`${shown(folder)} has the sources without this lesson's guard, in:`,
    ...files.map((path) => ours`  ${shown(path)}`),
    ours`Put it back, in your own words. Then: npm run lesson ${lesson.number} -- --check ${shown(folder)}`,
  );
}

/** From the reader's folder the product is taken, and runs. Attack, main job and judge are those of this clone. */
async function check(lesson: Lesson, folder: string, sandbox: string): Promise<void> {
  patchOf(lesson);
  if (!existsSync(join(folder, 'agent')) || realpathSync(folder) === realpathSync(CLONE))
    throw new UsageError(
      `${folder} is no broken copy`,
      `make one with: npm run lesson ${lesson.number} -- --exercise DIR`,
    );
  const outcomes = await inCopy(folder, async (copy) => [
    await play(copy, String(lesson.number), sandbox),
    await play(copy, 'main', sandbox),
  ]);
  if (outcomes.some(({ held }) => !held))
    throw new Failed(
      'the exercise is not solved yet',
      `npm run lesson ${lesson.number} -- --break shows what was taken out`,
    );
  markSolved(lesson.number);
  say(ours``, theme.green(ours`Solved.`));
}

async function inCopy<T>(from: string, work: (copy: string) => Promise<T>): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), 'spendwise-lesson-copy-'));
  const forget = removedAtExit(copy);
  try {
    copySources(from, copy);
    return await work(copy);
  } finally {
    forget();
  }
}

function patchOf({ number, patch }: Lesson): string {
  if (patch === undefined)
    throw new UsageError(
      `lesson ${number} takes no guard out`,
      'run it without --break, --exercise or --check',
    );
  return patch;
}

const diff = (lesson: Lesson): Shown[] =>
  readFileSync(patchOf(lesson), 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(diff|index) /.test(line))
    .map((line) => {
      const colour = line.startsWith('+') ? theme.green : line.startsWith('-') ? theme.red : theme.dim;
      // `shown` would shorten the indentation.
      const [, mark = '', indent = '', code = ''] = /^([+-]?)( *)(.*)$/.exec(line) ?? [];
      return colour(ours`  ${shown(mark)}${padded(ours``, indent.length)}${shown(code)}`);
    });

function lessonArgument(text: string): Lesson {
  const found = lessons().find(({ number }) => String(number) === text.replace(/^0(?=\d)/, ''));
  if (found === undefined) throw new InvalidArgumentError('`npm run lesson` lists them.');
  return found;
}

const program = new Command('npm run lesson --')
  .description('Lists the lessons, or plays the attack of one on the product as it is')
  .addArgument(new Argument('[lesson]', 'its number').argParser(lessonArgument))
  .option('--break', 'play it on a copy of the sources without the guard of this lesson')
  .option('--exercise <dir>', 'leave such a copy in a new folder, for you to repair')
  .option('--check <dir>', 'play it on your repaired copy; the main job must still work')
  .addOption(runtimeOption())
  .addHelpText('after', `\nExit code ${EXIT.ok}: the attack was stopped; with --break, it succeeded.`)
  .action(lesson);
// Folders are removed at the end, also at the end by a signal.
onEnding((by) => process.exit(new Interrupted(by).exitCode));
await runProgram(program);
