import { crc32, deflateRawSync } from 'node:zlib';

type Entry = string | Buffer | { readonly link: string };
/** By path. */
export type Files = Readonly<Record<string, Entry>>;

const SYMLINK = 0o120777;
const FILE = 0o100644;

/** A zip archive, with whatever paths and kinds of file. */
export function zipped(files: Files): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [path, entry] of Object.entries(files)) {
    const isLink = typeof entry === 'object' && 'link' in entry;
    const content = Buffer.from(isLink ? entry.link : entry);
    const packed = deflateRawSync(content);
    const name = Buffer.from(path);
    const both = Buffer.alloc(26);
    both.writeUInt16LE(20, 0);
    both.writeUInt16LE(8, 4);
    both.writeUInt16LE(0x21, 8);
    both.writeUInt32LE(crc32(content), 10);
    both.writeUInt32LE(packed.length, 14);
    both.writeUInt32LE(content.length, 18);
    both.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), both, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((isLink ? SYMLINK : FILE) << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    // Made on Unix: then the kind of file counts.
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), both, rest, name]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

export interface WheelOptions {
  readonly requires?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly files?: Files;
  readonly version?: string;
}

/** A wheel for any machine. */
export function wheel(
  name: string,
  { requires = [], scripts = {}, files = {}, version = '1.0.0' }: WheelOptions,
) {
  const stem = name.replace(/[-_.]+/g, '_');
  const info = `${stem}-${version}.dist-info`;
  const metadata = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`];
  const named = Object.entries(scripts).map(([script, object]) => `${script} = ${object}`);
  const all: Files = {
    ...files,
    [`${info}/METADATA`]: [...metadata, ...requires.map((one) => `Requires-Dist: ${one}`), '', ''].join('\n'),
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: named.length === 0 ? '' : ['[console_scripts]', ...named, ''].join('\n'),
  };
  const record = [...Object.keys(all), `${info}/RECORD`].map((path) => `${path},,\n`).join('');
  return {
    file: `${stem}-${version}-py3-none-any.whl`,
    bytes: zipped({ ...all, [`${info}/RECORD`]: record }),
  };
}
