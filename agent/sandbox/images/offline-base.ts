import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { NotConfigured } from '../foundation/errors.ts';
import { dockerCommand } from '../runtimes/docker/index.ts';

/** A base image from files of this machine, for machines that cannot pull images. Its version is that of our Node. */
export const OFFLINE_BASE = `spendwise-offline-node:${process.versions.node}`;

const NEEDED = [
  { file: '/bin/busybox', to: '/bin/busybox', package: 'busybox-static' },
  { file: '/usr/bin/setpriv', to: '/usr/bin/setpriv', package: 'util-linux' },
  {
    file: '/etc/ssl/certs/ca-certificates.crt',
    to: '/etc/ssl/certs/ca-certificates.crt',
    package: 'ca-certificates',
  },
] as const;

const APPLETS =
  'cat chmod cp env false grep id ip kill ln ls mkdir mount nc nslookup ping ps rm sh sleep touch true umount unshare wget'.split(
    ' ',
  );

const ETC: Record<string, string> = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65532:65532:nobody:/tmp:/bin/false\n',
  group: 'root:x:0:\nnobody:x:65532:\n',
  'nsswitch.conf': 'hosts: files dns\n',
};

/**
 * Imports a root file system of Node, its shared libraries, busybox, setpriv and the CA bundle. Takes about a second.
 * Linux only. Throws NotConfigured with the name of a missing Debian package.
 */
export async function makeOfflineBase(): Promise<string> {
  if (process.platform !== 'linux') {
    throw new NotConfigured(
      'an offline base image can be made on Linux only',
      'set SPENDWISE_NODE_IMAGE to a Node image',
    );
  }
  for (const { file, package: name } of NEEDED) {
    if (!existsSync(file)) throw new NotConfigured(`${file} is missing`, `apt-get install -y ${name}`);
  }
  if (librariesOf('/bin/busybox').length > 0) {
    throw new NotConfigured('/bin/busybox is not static', 'apt-get install -y busybox-static');
  }
  const root = mkdtempSync(join(tmpdir(), 'spendwise-base-'));
  try {
    const put = (from: string, to: string) => {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      copyFileSync(from, join(root, to));
    };
    const node = realpathSync(process.execPath);
    put(node, '/usr/local/bin/node');
    for (const { file, to } of NEEDED) put(realpathSync(file), to);
    const libraries = [...librariesOf(node), ...librariesOf('/usr/bin/setpriv')];
    for (const library of [...libraries, ...besideLibc(libraries)]) put(realpathSync(library), library);
    for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
    for (const [name, text] of Object.entries(ETC)) writeFileSync(join(root, 'etc', name), text);
    for (const folder of ['tmp', 'proc', 'sys', 'dev', 'app', 'root'])
      mkdirSync(join(root, folder), { recursive: true });
    // mkdtemp makes a folder that only its owner can read.
    chmodSync(root, 0o755);
    chmodSync(join(root, 'tmp'), 0o1777);
    const archive = join(root, '..', `${root.split('/').at(-1)}.tar`);
    execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
    try {
      await dockerCommand([
        'import',
        '--change',
        'ENV PATH=/usr/local/bin:/usr/bin:/bin',
        archive,
        OFFLINE_BASE,
      ]);
    } finally {
      rmSync(archive, { force: true });
    }
    return OFFLINE_BASE;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Parts of the C library that compiled modules of npm packages are linked against, and Node is not. */
const besideLibc = (libraries: readonly string[]): string[] =>
  libraries
    .filter((path) => basename(path) === 'libc.so.6')
    .flatMap((path) =>
      ['libresolv.so.2', 'librt.so.1', 'libutil.so.1'].map((name) => join(dirname(path), name)),
    )
    .filter((path) => existsSync(path));

/** Absolute paths of the shared libraries of a program, with its loader. Empty for a static one. */
export function librariesOf(program: string): string[] {
  try {
    const lines = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...lines.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path]) => path as string);
  } catch {
    return [];
  }
}
