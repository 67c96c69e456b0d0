import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOfflineBase, OFFLINE_BASE } from '../../../agent/sandbox/images/offline-base.ts';
import { attackOf, lessons, TUTORIAL } from '../../../agent/tutorial/lessons.ts';
import { pages, withQuotes } from '../../../agent/tutorial/quotes.ts';
import { bubblewrapAvailable } from '../../support/bubblewrap.ts';
import { docker, dockerAvailable } from '../../support/docker.ts';
import { dockerRequired } from '../../support/docker-required.ts';
import { blocksOf } from '../../support/document.ts';
import { inFull, TODAY } from '../../support/in-full.ts';
import { Reader } from '../../support/reader.ts';
import { terminalAvailable } from '../../support/reader-shell.ts';
import { REPO } from '../../support/run.ts';

const all = lessons();
const pageOf = (folder: string) => join(TUTORIAL, folder, 'README.md');

test.each(pages().map((page) => relative(TUTORIAL, page)))('%s quotes the sources as they are', (page) => {
  const path = join(TUTORIAL, page);
  expect(readFileSync(path, 'utf8')).toBe(withQuotes(path));
});

test.each(all)(
  'lesson $number is one sitting, and of the shape of the others',
  ({ number, folder, title }) => {
    const text = readFileSync(pageOf(folder), 'utf8');
    expect(text.split('\n').length).toBeLessThanOrEqual(151);
    expect(text.match(/^```\w+ source=/gm)?.length ?? 0).toBeLessThanOrEqual(3);
    for (const part of [
      '**One idea:',
      '## Attack it',
      '## Your turn',
      '## What you know now',
      '<summary>Answers',
    ])
      expect(text).toContain(part);
    const next = all.find((other) => other.number === number + 1);
    if (next !== undefined)
      expect(text).toContain(`Next: [${next.number}. ${next.title}](../${next.folder}/README.md)`);
    expect(readFileSync(join(TUTORIAL, 'README.md'), 'utf8')).toContain(`[${title}](${folder}/README.md)`);
    expect(existsSync(join(TUTORIAL, folder, 'attack.ts'))).toBe(true);
  },
);

if (!terminalAvailable && dockerRequired)
  throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no `script` of util-linux');
if (!terminalAvailable)
  process.stderr.write('SKIPPED: no `script` of util-linux: the commands of the lessons\n');

/** Lessons without a sandbox print the same on every machine: their pages are read once. */
const sandboxed = new Map<string, boolean>();
for (const lesson of all) sandboxed.set(lesson.folder, (await attackOf(lesson)).sandboxed);

const { scripts } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8'));

/** What `npm run` starts, without npm: that a lesson starts so too is shown by lesson 0. */
const withoutNpm = {
  'npm run -s lesson': scripts.lesson.replace(/^node /, `'${process.execPath}' `),
  ' -- --break': ' --break',
};

/** Where a lesson's guard is taken out today, for a copy takes long: under Docker, a third of the lessons a day. */
const breaksIn = (runtime: string, number: number): boolean => {
  if (inFull || !dockerAvailable || !bubblewrapAvailable) return true;
  return (runtime === 'docker') === ((number + TODAY) % 3 === 0);
};

/** A section with a command of Docker's. */
const DOCKER_ONLY = 'Hand over the firewall';

describe.each([
  { runtime: 'docker', env: {}, available: dockerAvailable },
  {
    runtime: 'bubblewrap',
    env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    available: bubblewrapAvailable,
  },
])('with $runtime, what a lesson prints is what its page shows:', ({ runtime, env, available }) => {
  const readers = new Map<string, Reader>();
  const told = all.filter(({ folder }) => sandboxed.get(folder) || runtime === 'bubblewrap');
  const runs = (folder: string) => terminalAvailable && (available || !sandboxed.get(folder));
  beforeAll(async () => {
    if (runtime === 'docker' && available && !docker('images', '-q', OFFLINE_BASE)) await makeOfflineBase();
    for (const { number, folder } of told.filter((lesson) => runs(lesson.folder))) {
      const reader = new Reader(`agent/tutorial/${folder}/README.md`, env, {
        'busybox sh': `${OFFLINE_BASE} sh`,
        ...(number === 0 ? {} : withoutNpm),
      });
      await reader.enter(REPO);
      readers.set(folder, reader);
    }
  });
  afterAll(() => Promise.all([...readers.values()].map((reader) => reader.close())));

  for (const { number, folder } of told)
    for (const section of [
      'Talk to it',
      'Attack it',
      'Break it',
      ...(runtime === 'docker' ? [DOCKER_ONLY] : []),
    ])
      if (blocksOf(`agent/tutorial/${folder}/README.md`).some((block) => block.section === section))
        test.skipIf(
          !runs(folder) || (section === 'Break it' && sandboxed.get(folder) && !breaksIn(runtime, number)),
        )(`lesson ${number}: ${section}`, () => readers.get(folder)?.read(section));
});
