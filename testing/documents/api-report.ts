import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPO } from '../support/run.ts';

const SANDBOX = join(REPO, 'agent/sandbox');
export const API_REPORT = join(SANDBOX, 'API.md');

interface Exported {
  readonly name: string;
  /** Empty where there is none. */
  readonly doc: string;
  readonly declaration: string;
}

/** Every name of the library with its declaration, as the compiler writes it for those who use the package. */
export function exportedNames(): Exported[] {
  const out = mkdtempSync(join(tmpdir(), 'spendwise-api-'));
  try {
    const config = {
      extends: join(REPO, 'tsconfig.json'),
      compilerOptions: {
        ...{ noEmit: false, declaration: true, emitDeclarationOnly: true },
        rootDir: SANDBOX,
        outDir: out,
        typeRoots: [join(REPO, 'node_modules/@types')],
      },
      include: [],
      files: [join(SANDBOX, 'index.ts')],
    };
    writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config));
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
    execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', out], { stdio: 'pipe' });
    const index = readFileSync(join(out, 'index.d.ts'), 'utf8');
    return [...index.matchAll(/export (?:type )?\{([^}]*)\} from '([^']*)\.ts';/g)].flatMap(
      ([, names = '', file = '']) => {
        const text = readFileSync(join(out, `${file}.d.ts`), 'utf8');
        return names
          .split(',')
          .map((name) => name.trim().replace(/^type /, ''))
          .filter((name) => name !== '')
          .map((name) => declared(text, name));
      },
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** A name may be a type and a value: both, in their order. */
function declared(text: string, name: string): Exported {
  const start = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?^export (?:declare )?(?:class|interface|function|const|type) ${name}\\b`,
    'gm',
  );
  const found = [...text.matchAll(start)];
  const declarations = found.map((match) => statement(text.slice(match.index + (match[1]?.length ?? 0))));
  return { name, doc: found.map(([, doc = '']) => doc).join(''), declaration: declarations.join('\n') };
}

/** Up to its end: a semicolon, or for a class or an interface a closing brace, outside of brackets. */
function statement(text: string): string {
  const block = /^export (declare )?(class|interface)/.test(text);
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/\/\*.*?\*\/|'[^'\n]*'|=>|[{}()[\]<>;]/gs)) {
    if (token.length > 1) continue;
    if ('{([<'.includes(token)) depth += 1;
    else if ('})]>'.includes(token)) depth -= 1;
    const ends = block ? token === '}' : token === ';';
    if (depth === 0 && ends) return text.slice(0, index + 1);
  }
  return text;
}

export function apiReport(): string {
  const parts = exportedNames()
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, doc, declaration }) =>
        `## ${name}\n\n\`\`\`ts\n${doc}${declaration.replaceAll('export ', '').replaceAll('declare ', '')}\n\`\`\`\n`,
    );
  return `# API of @spendwise/sandbox\n\nAll that the package exports. \`npm run api-report\` writes this page; a test compares.\n\n${parts.join('\n')}`;
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) writeFileSync(API_REPORT, apiReport());
