import {
  copyFileSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { applyEdits, type JSONPath, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { Failed, NotConfigured } from '../../foundation/errors.ts';

/**
 * The configuration of an MCP client: Claude Desktop, Claude Code and Cursor (`mcpServers`), VS Code (`servers`, or
 * `mcp.servers` in its settings). JSON with comments; what is not changed keeps its form.
 */
export class ClientConfig {
  readonly path: string;
  #text: string;
  readonly #before: string;

  /** Throws NotConfigured. */
  constructor(path: string) {
    try {
      this.path = realpathSync(path);
      this.#text = readFileSync(this.path, 'utf8');
    } catch (error) {
      throw new NotConfigured(
        `${path} cannot be read`,
        'give the path of the configuration of an MCP client',
        error,
      );
    }
    this.#before = this.#text;
    const errors: ParseError[] = [];
    const json = parse(this.#text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (first !== undefined || typeof json !== 'object' || json === null) {
      const line = this.#text.slice(0, first?.offset ?? 0).split('\n').length;
      const what =
        first === undefined ? 'is not an object' : `line ${line}: ${printParseErrorCode(first.error)}`;
      throw new NotConfigured(`${this.path} is not JSON: ${what}`, 'fix it first; nothing was changed');
    }
  }

  /** Every server of it, with where it stands. */
  servers(): { readonly name: string; readonly at: string[]; readonly value: unknown }[] {
    const json = parse(this.#text, [], { allowTrailingComma: true });
    const projects = Object.keys(fieldsOf(json.projects)).map((name) => ['projects', name, 'mcpServers']);
    return [['mcpServers'], ['servers'], ['mcp', 'servers'], ...projects].flatMap((at) => {
      const group = fieldsOf(at.reduce((value, key) => fieldsOf(value)[key], json as unknown));
      return Object.entries(group).map(([name, value]) => ({ name, at: [...at, name], value }));
    });
  }

  set(at: JSONPath, value: unknown): void {
    const indent = /^( +|\t)/m.exec(this.#text)?.[1] ?? '  ';
    const formattingOptions = { insertSpaces: indent !== '\t', tabSize: indent === '\t' ? 1 : indent.length };
    this.#text = applyEdits(this.#text, modify(this.#text, at, value, { formattingOptions }));
  }

  /** Whole or not at all; keeps the file's mode. Throws Failed if somebody changed it meanwhile. */
  save(): void {
    if (readFileSync(this.path, 'utf8') !== this.#before)
      throw new Failed(`${this.path} was changed in the meantime`, 'close the client and run it again');
    const fresh = `${this.path}.${process.pid}.tmp`;
    try {
      writeFileSync(fresh, this.#text, { flag: 'wx', mode: statSync(this.path).mode & 0o777 });
      renameSync(fresh, this.path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw new Failed(`${this.path} cannot be written`, 'nothing was changed', error);
    }
  }

  /** A copy of it as it is on disk, beside it. Returns its path. */
  backup(): string {
    const names = (function* () {
      yield '.before-sandbox';
      for (let n = 2; ; n += 1) yield `.before-sandbox-${n}`;
    })();
    for (const name of names) {
      const copy = `${this.path}${name}`;
      if (existsSync(copy)) continue;
      copyFileSync(this.path, copy);
      return copy;
    }
    return this.path;
  }
}

export const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
