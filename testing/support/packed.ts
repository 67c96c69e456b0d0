import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { npm } from './npm.ts';
import { type Ran, REPO, runProgram } from './run.ts';

export interface Packed {
  readonly tarball: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
}

/** What `npm pack` makes of a package of this clone, in `folder`. */
export async function pack(folder: string, home: string): Promise<Packed> {
  const { stdout } = await npm(
    ['pack', '--json', '--silent', '--pack-destination', folder],
    join(REPO, home),
  );
  const packed = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(packed) ? packed : Object.values(packed);
  return {
    tarball: join(folder, filename),
    files: files.map(({ path }: { path: string }) => path),
  };
}

/** As somebody installs it who has never seen this clone. What npm has fetched before is not fetched again. */
export async function installInto(home: string, tarball: string, ...flags: string[]): Promise<void> {
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}');
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', ...flags, tarball], home);
}

/** Complaints of `npm publish`, which publishes nothing here. */
export async function publishWarnings(home: string): Promise<string[]> {
  const { stderr } = await npm(
    ['publish', '--dry-run', '--ignore-scripts', '--loglevel=warn'],
    join(REPO, home),
  );
  // Who tries it need not have an account.
  return stderr
    .split('\n')
    .filter((line) => /npm (warn|error)/i.test(line) && !/requires you to be logged in/.test(line));
}

/** Compiles a program that uses what is installed in `home`, as strictly as TypeScript can; returns its complaints. */
export async function typeErrors(home: string, source: string): Promise<string> {
  writeFileSync(join(home, 'consumer.ts'), source);
  const compilerOptions = {
    ...{ strict: true, module: 'nodenext', target: 'es2024', noEmit: true, skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(REPO, 'node_modules/@types')] },
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const tsc = join(REPO, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', home], { cwd: home });
  expect(code, stdout).toBe(stdout === '' ? 0 : code);
  return stdout;
}

/** A line for a server on stdio. */
export const rpc = (...messages: object[]): string =>
  messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');

export const succeeded = (ran: Ran): string => {
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout;
};
