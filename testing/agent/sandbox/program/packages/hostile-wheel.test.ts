import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadManifest } from '../../../../../agent/sandbox/manifest/manifest.ts';
import { elsewhere } from '../../../../support/elsewhere.ts';
import { temporaryFolder } from '../../../../support/folder.ts';
import { spendwiseHere } from '../../../../support/in-process.ts';
import { PYTHON } from '../../../../support/python.ts';
import { mcpServer, pythonIndex, testWithPip } from '../../../../support/python-index.ts';
import { spendwise } from '../../../../support/run.ts';
import { type Files, wheel } from '../../../../support/wheel.ts';

/** A stranger's package `server` 1.0.0 in an index of its own, its manifest, and `sandbox …` around it. */
async function stranger({ requires = [] as string[], files = {} as Files, link = {}, more = {} } = {}) {
  const folder = temporaryFolder();
  const index = await pythonIndex();
  index.publish(
    'server',
    { requires, scripts: { server: 'server:main' }, files: { 'server/__init__.py': mcpServer(), ...files } },
    link,
  );
  const state = join(folder, 'state');
  const cache = join(state, 'packages');
  const path = join(folder, 'manifest.json');
  const write = (fields: object = {}) =>
    writeFileSync(
      path,
      JSON.stringify({
        ...{ name: 'server', registry: 'pypi', packageName: 'server', packageVersion: '1.0.0' },
        ...{ permissions: [], ...more, ...fields },
      }),
    );
  write();
  mkdirSync(join(folder, 'home'));
  const env: Record<string, string> = {
    HOME: join(folder, 'home'),
    SPENDWISE_STATE_DIR: state,
    PIP_CONFIG_FILE: '/dev/null',
    PIP_INDEX_URL: index.url,
    PIP_RETRIES: '0',
    // Debian's pip: one of several versions, chosen by a shell each time, takes a third longer.
    PATH: [dirname(PYTHON), process.env.PATH].join(delimiter),
  };
  // `run` has a client; the others need no program of their own.
  const sandbox = (command: 'run' | 'grant' | 'diff', ...words: string[]) =>
    (command === 'run' ? spendwise : spendwiseHere)(
      ['sandbox', command, path, '--runtime', 'process', ...words],
      { env },
    );
  return {
    ...index,
    ...{ folder, env, write, state, path, sandbox },
    /** With consent. */
    fetch: () => sandbox('grant', '--yes'),
    cached: () => (existsSync(cache) ? readdirSync(cache) : []),
    grep: (text: string) => spawnSync('grep', ['-rl', text, state], { encoding: 'utf8' }).stdout,
  };
}

/** A source distribution that runs a program when it is built, or only asked what it is. */
function source(name: string, touched: string) {
  const folder = temporaryFolder();
  const inside = join(folder, `${name}-1.0.0`);
  mkdirSync(inside);
  const code = `open(${JSON.stringify(touched)}, 'w')\nfrom setuptools import setup\nsetup(name='${name}', version='1.0.0')\n`;
  writeFileSync(join(inside, 'setup.py'), code);
  writeFileSync(join(inside, 'PKG-INFO'), `Metadata-Version: 1.0\nName: ${name}\nVersion: 1.0.0\n`);
  const file = `${name}-1.0.0.tar.gz`;
  execFileSync('tar', ['-czf', file, `${name}-1.0.0`], { cwd: folder });
  return { file, bytes: readFileSync(join(folder, file)), path: join(folder, file), inside };
}

testWithPip(
  'a wheel and all that it depends on is fetched, pinned by hash, and runs by its own script',
  async () => {
    const server = await stranger({
      requires: ['Leaf_Part[Fast]>=1,<2', "absent; python_version < '3'", "never; extra == 'other'"],
      files: { 'server/__init__.py': mcpServer("__import__('leaf').WORD") },
    });
    server.publish('leaf.part', {
      files: { 'leaf.py': "WORD = 'from the leaf'\n" },
      requires: ["quick; extra == 'fast'", "slow; extra == 'slow'"],
    });
    server.publish('leaf-part', { version: '2.0.0' });
    server.publish('quick');
    const ran = await server.fetch();
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(/fetched .*server 1\.0\.0/);
    const [folder = ''] = server.cached();
    const place = join(server.state, 'packages', folder);
    const lock = JSON.parse(readFileSync(join(place, 'lock.json'), 'utf8'));
    expect(lock.map(({ name, version }: Record<string, string>) => `${name} ${version}`).sort()).toEqual([
      'leaf-part 1.0.0',
      'quick 1.0.0',
      'server 1.0.0',
    ]);
    // What was compiled there would be of the host.
    expect(spawnSync('find', [place, '-name', '*.pyc'], { encoding: 'utf8' }).stdout).toBe('');
    server.asked.length = 0;
    expect((await server.fetch()).code).toBe(0);
    expect(server.asked).toEqual([]);
  },
);

testWithPip('where there is only a source distribution nothing is built', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const server = await stranger({ requires: ['leaf'] });
  server.add('leaf', source('leaf', touched));
  const ran = await server.fetch();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/pip could not fetch it: .*leaf.*\nhint: .*nothing is built here/);
  expect(existsSync(touched)).toBe(false);
  expect(server.cached()).toEqual([]);
});

testWithPip('settings of pip that would have it build do not count', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const server = await stranger({ requires: ['leaf'] });
  server.add('leaf', source('leaf', touched));
  const config = join(server.folder, 'pip.conf');
  writeFileSync(
    config,
    `[global]\nindex-url = ${server.url}\nno-binary = leaf\n[install]\nno-binary = leaf\nuser = true\n`,
  );
  Reflect.deleteProperty(server.env, 'PIP_INDEX_URL');
  server.env.PIP_CONFIG_FILE = config;
  expect((await server.fetch()).code).toBe(1);
  expect(existsSync(touched)).toBe(false);
  // The index of that file was asked.
  expect(server.asked).not.toEqual([]);
});

testWithPip.each([
  ['a URL of a wheel', (place: string) => `leaf @ ${place}/leaf-1.0.0-py3-none-any.whl`],
  [
    'a URL under a marker that does not hold',
    (place: string) => `leaf@${place}/leaf.whl ; python_version < '3'`,
  ],
])('%s among what a package depends on is refused, and nothing is asked of it', async (_what, line) => {
  const { asked, origin } = await elsewhere();
  const server = await stranger({ requires: [line(origin)] });
  server.publish('leaf');
  const ran = await server.fetch();
  expect(ran.code).toBe(1);
  expect(asked).toEqual([]);
  expect(server.cached()).toEqual([]);
});

testWithPip('a source distribution on this machine that a package names is not built', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const server = await stranger({ requires: [`leaf @ ${pathToFileURL(source('leaf', touched).inside)}`] });
  expect((await server.fetch()).stderr).toMatch(/which is not a version from your index/);
  expect(existsSync(touched)).toBe(false);
  expect(server.cached()).toEqual([]);
});

testWithPip('a wheel that is not the one that the index named is not unpacked', async () => {
  const server = await stranger({ link: { sha256: 'a'.repeat(64) } });
  const ran = await server.fetch();
  expect(ran.code).toBe(1);
  expect(server.cached()).toEqual([]);
});

testWithPip('a wheel that is not the one that the manifest means is not unpacked', async () => {
  const server = await stranger({ more: { integrity: `sha256:${'b'.repeat(64)}` } });
  const ran = await server.fetch();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/not the package that the manifest means/);
  expect(server.cached()).toEqual([]);
});

testWithPip('an index that sends pip to a file of this machine gets nothing from there', async () => {
  const own = join(temporaryFolder(), 'leaf-1.0.0-py3-none-any.whl');
  const { bytes } = wheel('leaf', { files: { 'leaf.py': 'the secret' } });
  writeFileSync(own, bytes);
  const { bytes: published } = wheel('leaf', { files: { 'leaf.py': 'published' } });
  const sha256 = createHash('sha256').update(published).digest('hex');
  for (const link of [{ href: pathToFileURL(own).href }, { redirect: pathToFileURL(own).href, sha256 }]) {
    const server = await stranger({ requires: ['leaf'] });
    server.add('leaf', { file: 'leaf-1.0.0-py3-none-any.whl', bytes, ...link });
    const ran = await server.fetch();
    expect(ran, ran.stderr).toMatchObject({ code: 1 });
    expect(server.cached()).toEqual([]);
    expect(server.grep('the secret')).toBe('');
  }
});

testWithPip(
  'an index may name a wheel on another server: only that is asked, without the password',
  async () => {
    const server = await stranger({ requires: ['leaf'] });
    const other = await pythonIndex();
    const leaf = wheel('leaf', {});
    other.add('leaf', leaf);
    const path = `/files/${leaf.file}`;
    server.add('leaf', { ...leaf, href: `${other.origin}${path}` });
    server.env.PIP_INDEX_URL = server.url.replace('://', '://reader:the-password@');
    const ran = await server.fetch();
    expect(ran.code, ran.stderr).toBe(0);
    expect([...new Set(other.asked)]).toEqual([path]);
    expect(other.authorized.every((header) => header === undefined)).toBe(true);
  },
);

// wheel.test.ts has all the ways out of a folder.
testWithPip('a path in a wheel that climbs writes nothing outside', async () => {
  const outside = 'outside-of-it.py';
  const server = await stranger({
    files: { [`server-1.0.0.data/scripts/../../../../${outside}`]: 'x = 1\n' },
  });
  expect((await server.fetch()).stderr).toMatch(/not unpacked: the wheel of server has the path/);
  expect(server.cached()).toEqual([]);
  const found = spawnSync('find', [server.folder, '-name', outside], { encoding: 'utf8' });
  expect(found.stdout).toBe('');
});

testWithPip('what would unpack to more than the limit is not unpacked, and nothing of it stays', async () => {
  const server = await stranger({ requires: ['bomb'] });
  const { file, bytes } = wheel('bomb', { files: { zeros: Buffer.alloc(2 ** 20) } });
  // What it says of itself, which is read first.
  bytes.writeUInt32LE(2 ** 30, bytes.indexOf('PK\x01\x02') + 24);
  server.add('bomb', { file, bytes });
  const ran = await server.fetch();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/over 60,000 files or 512 MB/);
  expect(server.cached()).toEqual([]);
});

testWithPip('without a grant and without a terminal nothing is started or asked of the index', async () => {
  const server = await stranger();
  const started = join(server.folder, 'started');
  const bin = join(server.folder, 'bin');
  mkdirSync(bin);
  for (const name of ['pip', 'pip3', 'python3', 'uv'])
    writeFileSync(join(bin, name), `#!/bin/sh\ntouch ${started}\n`, { mode: 0o755 });
  server.env.PATH = `${bin}:${server.env.PATH}`;
  const run = await server.sandbox('run', '--unsandboxed');
  expect(run).toMatchObject({ code: 3, stdout: '' });
  expect(run.stderr).toMatch(
    /fetch server 1\.0\.0, and the packages it depends on from your Python index, in wheels only/,
  );
  expect((await server.sandbox('grant')).code).toBe(3);
  expect((await server.sandbox('diff')).code).toBe(1);
  expect(existsSync(started)).toBe(false);
  expect(server.asked).toEqual([]);
});

testWithPip('the credentials of an index reach neither the server, nor a file, nor a message', async () => {
  const server = await stranger({ files: { 'server/__init__.py': mcpServer('dict(os.environ)') } });
  server.env.PIP_INDEX_URL = server.url.replace('://', '://reader:the-password@');
  const ran = await server.fetch();
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  expect(server.authorized).toContain(`Basic ${Buffer.from('reader:the-password').toString('base64')}`);
  expect(ran.stdout + ran.stderr).not.toContain('the-password');
  expect(server.grep('the-password')).toBe('');
  server.write({ packageVersion: '9.9.9' });
  const missing = await server.fetch();
  expect(missing.code).toBe(1);
  expect(missing.stdout + missing.stderr).not.toContain('the-password');
});

testWithPip(
  'names are one name however they are written, and another package is not taken for it',
  async () => {
    const server = await stranger({ more: { packageName: 'My_Pkg' } });
    server.publish('my.pkg', {
      scripts: { 'my-pkg': 'server:main' },
      files: { 'server/__init__.py': mcpServer() },
    });
    expect((await server.fetch()).code).toBe(0);
    server.write({ packageName: 'my-pkg' });
    server.asked.length = 0;
    expect((await server.fetch()).code).toBe(0);
    expect(server.asked).toEqual([]);
    // The index answers with another package under the name.
    server.add('other', wheel('server', { scripts: { other: 'server:main' } }));
    server.write({ packageName: 'other' });
    expect((await server.fetch()).code).toBe(1);
    expect(server.cached()).toHaveLength(1);
  },
);

testWithPip(
  'an index that answers with another version, or with a local one, is not taken at its word',
  async () => {
    const server = await stranger({ requires: ['leaf==1.0.0'] });
    const { bytes } = wheel('leaf', { version: '6.6.6' });
    server.add('leaf', { file: 'leaf-1.0.0-py3-none-any.whl', bytes });
    expect((await server.fetch()).code).toBe(1);
    server.publish('local', { version: '1.0.0+own', scripts: { local: 'local:main' } });
    server.write({ packageName: 'local' });
    expect((await server.fetch()).stderr).toMatch(/asked for local 1\.0\.0, got 1\.0\.0\+own/);
    expect(server.cached()).toEqual([]);
  },
);

testWithPip('a package without a program of its own is refused, and one that is a module runs', async () => {
  const server = await stranger({ more: { packageName: 'library' } });
  server.publish('library');
  expect((await server.fetch()).stderr).toMatch(/library has no program to run/);
  server.publish('module', { files: { 'module/__main__.py': `${mcpServer()}main()\n` } });
  server.write({ packageName: 'module' });
  expect((await server.fetch()).code).toBe(0);
});

testWithPip(
  'the manifest chooses between the programs of a package; a grant is for one of them',
  async () => {
    const server = await stranger({ more: { packageName: 'two' } });
    server.publish('two', {
      scripts: { two: 'two:nothing', other: 'two:main' },
      files: { 'two.py': `${mcpServer()}def nothing(): sys.exit(3)\n` },
    });
    expect((await server.fetch()).stderr).toMatch(/exit code 3/);
    server.write({ program: 'other' });
    expect((await server.fetch()).code).toBe(0);
    server.write();
    expect((await server.sandbox('diff')).stdout).toMatch(/program was "other"/);
    server.write({ program: '../../other' });
    expect((await server.fetch()).stderr).toMatch(/program: must be the name of a console script/);
  },
);

testWithPip('files that Python would run by itself do not run on the host', async () => {
  const touched = join(temporaryFolder(), 'touched');
  const code = `open(${JSON.stringify(touched)}, 'w')\n`;
  const server = await stranger({
    files: {
      'sneaky.pth': `import sys; exec(${JSON.stringify(code)})\n`,
      'sitecustomize.py': code,
      'json.py': code,
    },
  });
  server.write({ packageName: 'library' });
  server.publish('library', { requires: ['server'] });
  // It is all fetched and unpacked, and not started: it has no program.
  expect((await server.fetch()).stderr).toMatch(/library has no program to run/);
  expect(existsSync(touched)).toBe(false);
});

test('a range, an address or an option is not a version or a name', async () => {
  const { path, write } = await stranger();
  for (const fields of [
    { packageVersion: '>=1.0' },
    { packageVersion: '1.*' },
    { packageVersion: '1.0+local' },
    { packageName: '--index-url=x' },
    { packageName: 'server @ https://example.com/x.whl' },
    { packageName: '@scope/server' },
    { integrity: `sha512-${'A'.repeat(86)}==` },
    { tarball: 'x.whl', integrity: `sha256:${'a'.repeat(64)}` },
  ]) {
    write(fields);
    expect(() => loadManifest(path), JSON.stringify(fields)).toThrow();
  }
  for (const packageVersion of ['1.0', '2024.1.post1', '1.0rc1', '1!2.0']) {
    write({ packageVersion });
    expect(loadManifest(path).packageVersion).toBe(packageVersion);
  }
});
