import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { REAL_ENVIRONMENT_ONLY } from '../../agent/settings/environment.ts';
import { testWithDocker } from '../support/docker.ts';
import { blocksOf } from '../support/document.ts';
import { demo, REPO, runProgram } from '../support/run.ts';

const readme = readFileSync(join(REPO, 'README.md'), 'utf8');
const guide = readFileSync(join(REPO, 'agent/GUIDE.md'), 'utf8');
const scripts = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')).scripts as Record<
  string,
  string
>;

async function replay(runtime: string, ...starts: string[]) {
  const { code, stdout } = await demo(['--runtime', runtime]);
  expect(code).toBe(0);
  let from = 0;
  const shown = starts.map((start) => blocksOf('README.md').find(({ text }) => text.startsWith(start))?.text);
  expect(shown).not.toContain(undefined);
  for (const line of shown.join('').trimEnd().split('\n')) {
    if (line === '…') continue;
    const text = line.replace(/ …$/, '');
    const at = stdout.indexOf(text, from);
    expect(at, `"${text}", in this order`).toBeGreaterThanOrEqual(0);
    from = at + text.length;
  }
}

test('the transcripts on the first screen are what the demo prints', () =>
  replay('process', 'SpendWise demo', 'Blocked: a text'));

testWithDocker('with Docker, so is the blocked host', () => replay('docker', 'Blocked: a host'));

test('the README has at most 120 lines, and a blocked attempt on its first screen', () => {
  const lines = readme.split('\n');
  expect(lines.length).toBeLessThanOrEqual(121);
  expect(lines.slice(0, 40).join('\n')).toContain('BLOCKED');
});

/** As GitHub makes them of headings. */
const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

const documents = globSync('**/*.md', {
  cwd: REPO,
  exclude: (name) => /^(node_modules|dist)/.test(basename(name)),
});

test.each(documents)('links and npm scripts in %s are there', (file) => {
  const text = readFileSync(join(REPO, file), 'utf8');
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  for (const [, target = '', anchor] of prose.matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)) {
    if (target.startsWith('https://')) continue;
    const path = target === '' ? join(REPO, file) : join(REPO, file, '..', target);
    expect(existsSync(path), target).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(path), target).toContain(anchor);
  }
  for (const [, name = ''] of text.matchAll(/npm run (?:-s )?([a-z-]+)/g))
    expect(scripts).toHaveProperty(name);
});

test.each(documents)('npm leaves the flags of every npx command in %s to the program', (file) => {
  const text = readFileSync(join(REPO, file), 'utf8');
  for (const [command] of text.matchAll(/npx [^`\n]*(spendwise|mcp-server-sms)/g))
    expect(command).toMatch(/^npx --no -- (spendwise|spendwise-sandbox|mcp-server-sms)/);
});

test('`npx --no -- spendwise --help`, as the guide has it, prints the help of spendwise', async () => {
  const [command = ''] = /npx [^`]* --help/.exec(guide) ?? [];
  const { code, stdout } = await runProgram('npx', command.split(' ').slice(1));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: spendwise /);
});

test('.env.example has every variable of the table that .env may set, and no other; the rest is marked', () => {
  const [, table = ''] = /## Configuration\n([\s\S]*?)\n## /.exec(guide) ?? [];
  const rows = [...table.matchAll(/^\| (`[A-Z].*?) +\|/gm)].map(([, names = '']) => names);
  const variables = (some: string[]) => some.flatMap((names) => names.match(/\w+/g) ?? []);
  const marked = variables(rows.filter((names) => names.endsWith('*')));
  const named = variables(rows.filter((names) => !names.endsWith('*')));
  const example = readFileSync(join(REPO, '.env.example'), 'utf8');
  const lines = [...example.matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
  expect(lines.toSorted()).toEqual(named.toSorted());
  // XDG_STATE_HOME and HOME are others' variables, and stand in the text above the table.
  expect([...marked, 'XDG_STATE_HOME', 'HOME'].toSorted()).toEqual(
    Object.keys(REAL_ENVIRONMENT_ONLY).toSorted(),
  );
});

test('every folder of the map has a README of at most 40 lines', () => {
  const map = readFileSync(join(REPO, 'CONTRIBUTING.md'), 'utf8').split('## How we work')[0] ?? '';
  const readmes = [...map.matchAll(/\]\((.*?README\.md)\)/g)].map(([, path = '']) => path);
  expect(readmes.length).toBeGreaterThan(20);
  // These two are for readers: the sandbox's for those who install it, the tutorial's for those who learn.
  const forReaders = ['agent/sandbox/README.md', 'agent/tutorial/README.md'];
  for (const path of readmes.filter((each) => !forReaders.includes(each)))
    expect(readFileSync(join(REPO, path), 'utf8').split('\n').length, path).toBeLessThanOrEqual(41);
});

test.each(documents.filter((file) => file !== 'CHANGELOG.md'))('paths that %s names are there', (file) => {
  const prose = readFileSync(join(REPO, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
  for (const [, path = ''] of prose.matchAll(/`((?:agent|testing|mcp-server-sms)\/[\w./-]+)`/g))
    expect(existsSync(join(REPO, path)), path).toBe(true);
});

test.each(documents.filter((file) => file.endsWith('/README.md')))(
  'files that %s lists are there',
  (file) => {
    const listed = readFileSync(join(REPO, file), 'utf8').match(/^[*|] .*?[:|]/gm) ?? [];
    for (const [, path = ''] of listed.join('\n').matchAll(/`([\w./-]+\.ts|[\w-]+\/)`/g))
      expect(existsSync(join(REPO, dirname(file), path)) || existsSync(join(REPO, path)), path).toBe(true);
  },
);

test('every test that a guarantee names is there', () => {
  const guarantees = readFileSync(join(REPO, 'agent/sandbox/README.md'), 'utf8');
  const named = [...guarantees.matchAll(/`((?:testing|agent\/sandbox\/drill)\/[^`]+)`/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(15);
  for (const path of named) expect(existsSync(join(REPO, path)), path).toBe(true);
});

test('every dependency has its line in CONTRIBUTING.md', () => {
  const contributing = readFileSync(join(REPO, 'CONTRIBUTING.md'), 'utf8');
  for (const file of ['package.json', 'agent/sandbox/package.json', 'mcp-server-sms/package.json']) {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(REPO, file), 'utf8'));
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      expect(contributing).toContain(name.startsWith('@types/') ? '`@types/*`' : `\`${name}\``);
    }
  }
});
