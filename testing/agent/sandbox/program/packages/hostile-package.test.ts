import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isTooLarge } from '../../../../../agent/sandbox/program/size-limit.ts';
import { elsewhere } from '../../../../support/elsewhere.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { spendwiseHere } from '../../../../support/in-process.ts';
import { packed, registry } from '../../../../support/registry.ts';
import { spendwise } from '../../../../support/run.ts';

const SERVER = { 'server.js': '#!/usr/bin/env node\n' };

/** A stranger's package `server` 1.0.0 in a registry of its own, its manifest, and `sandbox …` around it. */
async function stranger(json: object = {}, files: Record<string, string> = {}, dist: object = {}) {
  const folder = temporaryFolder();
  const { url, asked, publish } = await registry();
  publish('server', { bin: 'server.js', ...json }, { ...SERVER, ...files }, dist);
  const state = join(folder, 'state');
  const cache = join(state, 'packages');
  const path = join(folder, 'manifest.json');
  const write = (more: object = {}) =>
    writeFileSync(
      path,
      JSON.stringify({
        name: 'server',
        registry: 'npm',
        packageName: 'server',
        packageVersion: '1.0.0',
        permissions: [],
        ...more,
      }),
    );
  write();
  mkdirSync(join(folder, 'home'));
  const env = {
    HOME: join(folder, 'home'),
    SPENDWISE_STATE_DIR: state,
    npm_config_registry: url,
    npm_config_cache: join(folder, 'npm'),
  };
  // `run` has a client; the others need no program of their own.
  const sandbox = (command: 'run' | 'grant' | 'diff', ...more: string[]) =>
    (command === 'run' ? spendwise : spendwiseHere)(
      ['sandbox', command, path, '--runtime', 'process', ...more],
      { env },
    );
  return {
    folder,
    env,
    asked,
    publish,
    write,
    state,
    sandbox,
    /** With consent. */
    fetch: () => sandbox('grant', '--yes'),
    cached: () => (existsSync(cache) ? readdirSync(cache) : []),
  };
}

/** A repository that has npm run its programs when it is prepared. */
function gitRepository(touched: string): string {
  const repository = join(temporaryFolder(), 'g');
  mkdirSync(repository);
  const write = (name: string, text: string) => writeFileSync(join(repository, name), text);
  const touch = `touch ${touched}`;
  write('.npmrc', 'git=./g.sh\n');
  write('g.sh', `#!/bin/sh\n${touch}\n`);
  chmodSync(join(repository, 'g.sh'), 0o755);
  const json = { name: 'g', version: '1.0.0', scripts: { prepare: touch, postinstall: touch } };
  write('package.json', JSON.stringify({ ...json, devDependencies: { other: `git+file://${repository}` } }));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, stdio: 'ignore' });
  git('init', '-q');
  git('add', '.');
  git('-c', 'user.name=n', '-c', 'user.email=e@example.com', 'commit', '-q', '-m', 'm');
  return `git+file://${repository}`;
}

const REFUSED = /a dependency is not a version from your registry/;

test.each(['dependencies', 'optionalDependencies', 'peerDependencies'])(
  'a git URL in %s runs nothing on the host and is not cloned',
  async (field) => {
    const touched = join(temporaryFolder(), 'touched');
    const { fetch, cached } = await stranger({ [field]: { g: gitRepository(touched) } });
    const ran = await fetch();
    expect(existsSync(touched)).toBe(false);
    // npm leaves out what is optional; it does not fetch it.
    if (field !== 'optionalDependencies') {
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toMatch(REFUSED);
      expect(cached()).toEqual([]);
    }
  },
);

test('a git URL deeper in the tree, or behind an override, runs nothing on the host', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const git = gitRepository(touched);
  const { fetch, publish, cached } = await stranger({
    dependencies: { middle: '1.0.0' },
    diversions: { leaf: git },
  });
  publish('middle', { dependencies: { leaf: git } });
  expect((await fetch()).stderr).toMatch(REFUSED);
  expect(existsSync(touched)).toBe(false);
  expect(cached()).toEqual([]);
});

test('sends no request to an address that a package names', async () => {
  const { asked, origin } = await elsewhere();
  const { fetch, cached } = await stranger({ dependencies: { leaf: `${origin}/leaf.tgz` } });
  expect((await fetch()).stderr).toMatch(REFUSED);
  expect(asked).toEqual([]);
  expect(cached()).toEqual([]);
});

test('does not fetch a tarball from outside the registry', async () => {
  const { asked, origin } = await elsewhere();
  const first = await stranger({}, {}, { tarball: `${origin}/server.tgz` });
  expect((await first.fetch()).code).toBe(1);
  const second = await stranger({ dependencies: { leaf: '1.0.0' } });
  second.publish('leaf', {}, {}, { tarball: `${origin}/leaf.tgz` });
  expect((await second.fetch()).code).toBe(1);
  expect(asked).toEqual([]);
  expect(second.cached()).toEqual([]);
});

test("a package's shrinkwrap cannot name another source", async () => {
  const { asked, origin } = await elsewhere();
  const dependencies = { leaf: '1.0.0' };
  const json = { name: 'server', version: '1.0.0', dependencies };
  const leaf = { version: '1.0.0', resolved: `${origin}/leaf.tgz`, integrity: 'sha512-AAAA' };
  const shrinkwrap = { lockfileVersion: 3, packages: { '': json, 'node_modules/leaf': leaf } };
  const { fetch, publish, cached } = await stranger(
    { dependencies, _hasShrinkwrap: true },
    { 'npm-shrinkwrap.json': JSON.stringify({ ...json, ...shrinkwrap }) },
  );
  publish('leaf');
  expect((await fetch()).code).toBe(1);
  expect(asked).toEqual([]);
  expect(cached()).toEqual([]);
});

test.each(['dependencies', 'optionalDependencies', 'peerDependencies'])(
  'does not read a file of this machine named in %s, not even by a path relative to the package',
  async (field) => {
    const secret = packed({ name: 'leaf', version: '1.0.0' }, { 'secret.txt': 'the secret' });
    const { fetch, state } = await stranger({
      [field]: { leaf: `file:${secret}`, other: `file:../../../../../../../../../..${secret}` },
    });
    await fetch();
    expect(spawnSync('grep', ['-rl', 'the secret', state], { encoding: 'utf8' }).stdout).toBe('');
  },
);

test('does not link or copy a folder of this machine', async () => {
  const secret = temporaryFolder();
  writeFileSync(join(secret, 'package.json'), JSON.stringify({ name: 'leaf', version: '1.0.0' }));
  const { fetch, cached } = await stranger({ dependencies: { leaf: `file:${secret}` } });
  expect((await fetch()).stderr).toMatch(REFUSED);
  expect(cached()).toEqual([]);
});

test("fetches aliases, bundled parts and the manifest's tarball", async () => {
  const { fetch, publish, cached, write } = await stranger({
    dependencies: { other: 'npm:leaf@1.0.0', bundler: '1.0.0' },
  });
  publish('leaf');
  publish(
    'bundler',
    { bundleDependencies: ['inner'], dependencies: { inner: '1.0.0' } },
    { 'node_modules/inner/package.json': JSON.stringify({ name: 'inner', version: '1.0.0' }) },
  );
  // It ends at once, which is no failure of the fetch.
  expect((await fetch()).stderr).not.toMatch(/could not fetch|not fetched/);
  expect(cached()).toHaveLength(1);
  const tarball = packed(
    { name: 'server', version: '1.0.0', bin: 'server.js', dependencies: { other: 'npm:leaf@1.0.0' } },
    SERVER,
  );
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  write({ tarball, integrity });
  expect((await fetch()).stderr).not.toMatch(/could not fetch|not fetched/);
  expect(cached()).toHaveLength(2);
});

test('stops a package that unpacks to more than the limit, and leaves nothing behind', async () => {
  const { fetch, publish, cached } = await stranger({ dependencies: { bomb: '1.0.0' } });
  publish('bomb', {}, {}, {}, bomb(2 ** 29 + 2 ** 16));
  const ran = await fetch();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/over 60,000 files or 512 MB/);
  expect(cached()).toEqual([]);
});

/** A tarball with a file of this size. It is 200 times smaller: a higher ratio npm itself takes for an attack. */
function bomb(size: number): Buffer {
  const part = (path: string, bytes: number) => {
    const header = Buffer.alloc(512);
    const octal = (value: number) => value.toString(8).padStart(11, '0');
    header.write(`package/${path}`, 0);
    header.write('0000644\0', 100);
    header.write(octal(bytes), 124);
    header.write('ustar\x0000', 257);
    // The sum counts itself as blanks.
    header.write(' '.repeat(8), 148);
    header.write(`${octal(header.reduce((sum, byte) => sum + byte, 0)).slice(5)}\0 `, 148);
    return header;
  };
  const json = JSON.stringify({ name: 'bomb', version: '1.0.0' });
  const start = Buffer.concat([part('package.json', json.length), Buffer.from(json.padEnd(512, '\0'))]);
  const block = Buffer.concat([randomBytes(256), Buffer.alloc(2 ** 16 - 256)]);
  // Gzip's own way to put streams together: each block is packed once.
  const zeros = Array<Buffer>(size / block.length).fill(gzipSync(block));
  return Buffer.concat([
    gzipSync(Buffer.concat([start, part('zeros', size)])),
    ...zeros,
    gzipSync(Buffer.alloc(1024)),
  ]);
}

test('counts files, folders and bytes at any depth', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  writeFileSync(join(folder, 'a', 'b', 'c'), 'x'.repeat(100_000));
  const bytes = 1_000_000;
  expect(await isTooLarge(folder, { files: 3, bytes })).toBe(false);
  expect(await isTooLarge(folder, { files: 2, bytes })).toBe(true);
  expect(await isTooLarge(folder, { files: 3, bytes: 100_000 })).toBe(true);
});

test('without a grant and a terminal, does not start npm or ask the registry', async () => {
  const { sandbox, asked, cached, write } = await stranger();
  const run = await sandbox('run', '--unsandboxed');
  expect(run).toMatchObject({ code: 3, stdout: '' });
  expect(run.stderr).toMatch(/fetch server 1\.0\.0, and the packages it depends on from your npm registry/);
  expect((await sandbox('grant')).code).toBe(3);
  const diff = await sandbox('diff');
  expect(diff.code).toBe(1);
  expect(diff.stdout).toMatch(/nothing has been granted to it yet, and nothing fetched: server 1\.0\.0/);
  expect(asked).toEqual([]);
  expect(cached()).toEqual([]);
  write({ permissions: ['mcp.ac.system.env.read'], runtimePermissions: [{ type: 'env', name: 'A' }] });
  expect((await sandbox('run', '--unsandboxed')).code).toBe(3);
  expect(asked).toEqual([]);
});

test('does not fetch another version than the granted one before somebody agrees', async () => {
  const tiny = await grantable();
  expect((await tiny.sandbox('grant', '--yes')).code).toBe(0);
  tiny.asked.length = 0;
  tiny.write({ packageVersion: '2.0.0' });
  const run = await tiny.sandbox('run', '--unsandboxed');
  expect(run.code).toBe(3);
  expect(run.stderr).toMatch(/packageVersion was "1\.0\.0", is "2\.0\.0"/);
  const diff = await tiny.sandbox('diff');
  expect(diff.code).toBe(1);
  expect(diff.stdout).toMatch(/its code was not compared: you have not agreed to fetch server 2\.0\.0/);
  expect(tiny.asked).toEqual([]);
});

/** A package that speaks MCP. */
const grantable = () =>
  stranger(
    {},
    {
      'server.js': `#!/usr/bin/env node
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, params } = JSON.parse(line);
        const hello = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
        if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? hello : { tools: [] } }));
      });`,
    },
  );

test('reads only its own .npmrc, and none of a package or a folder above the cache', async () => {
  const { asked, origin } = await elsewhere();
  const { fetch, state, folder, publish, env } = await stranger(
    { dependencies: { leaf: '1.0.0' } },
    { '.npmrc': `registry=${origin}/\n` },
  );
  publish('leaf', {}, { '.npmrc': `registry=${origin}/\n` });
  // In the environment it would go over every file.
  writeFileSync(join(env.HOME, '.npmrc'), `registry=${env.npm_config_registry}\n`);
  Reflect.deleteProperty(env, 'npm_config_registry');
  for (const above of [folder, state, join(state, 'packages')]) {
    mkdirSync(above, { recursive: true });
    writeFileSync(join(above, '.npmrc'), `registry=${origin}/\n`);
    writeFileSync(join(above, 'package.json'), JSON.stringify({ workspaces: ['**'] }));
  }
  expect((await fetch()).stderr).not.toMatch(/could not fetch|not fetched/);
  expect(asked).toEqual([]);
});

test.each(['10.9.9', '11.14.1', '11.16.9', 'nonsense'])(
  'does not use an npm that cannot refuse: %s',
  async (version) => {
    const { fetch, folder, asked, env } = await stranger();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const started = join(folder, 'started');
    writeFileSync(
      join(bin, 'npm'),
      `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else touch ${started}; fi\n`,
      { mode: 0o755 },
    );
    Object.assign(env, { PATH: `${bin}:${process.env.PATH}` });
    const ran = await fetch();
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(
      /cannot fetch an untrusted package safely[^\n]*\nhint: install npm 11\.17 or newer/,
    );
    expect(existsSync(started)).toBe(false);
    expect(asked).toEqual([]);
  },
);

test('--yes says what it fetches; no programs of dependencies are linked; the cache is for its owner alone', async () => {
  const { fetch, publish, cached, state } = await stranger({ dependencies: { leaf: '1.0.0' } });
  publish('leaf', { bin: 'leaf.js' }, { 'leaf.js': '#!/usr/bin/env node\n' });
  const cache = join(state, 'packages');
  // As it may have been before.
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o755);
  const { stderr } = await fetch();
  expect(stderr).toMatch(
    /server: fetch server 1\.0\.0, and the packages it depends on from your npm registry; none of it runs outside the sandbox → yes \(--yes\)/,
  );
  expect(stderr).not.toMatch(/could not fetch|not fetched/);
  expect(statSync(cache).mode & 0o077).toBe(0);
  const [folder = ''] = cached();
  const modules = join(cache, folder, 'node_modules');
  expect(existsSync(join(modules, 'leaf', 'leaf.js'))).toBe(true);
  expect(existsSync(join(modules, '.bin'))).toBe(false);
});
