import { createHash } from 'node:crypto';
import type { SandboxedServer } from '@spendwise/sandbox';
import { Failed, NothingDone } from '@spendwise/sandbox/errors';
import { plainText } from '@spendwise/sandbox/foundation';
import { itSaid } from '@spendwise/sandbox/it-said';
import type { Connected } from '@spendwise/sandbox/protocol';
import type { FunctionTool } from '../models/model.ts';
import { knownTool, type ToolName } from './known-tools.ts';
import { dropAbsent, toStrictSchema, withoutProperties } from './strict-schema.ts';

/** A send ends within 45 s. A server that takes longer is stuck. */
const CALL_MS = 60_000;
/** Maximum characters of a result for the model. */
const MAX_RESULT_CHARS = 20_000;
const MAX_NAME = 64;

export interface ToolServer extends Pick<Connected, 'client' | 'tools'> {
  readonly prefix: string;
  readonly server: Pick<SandboxedServer, 'ended' | 'stderr'>;
}

export interface Tool {
  readonly server: string;
  readonly tool: string;
  readonly inputSchema: Record<string, unknown>;
  readonly function: FunctionTool;
}

export interface ToolResult {
  readonly isError: boolean;
  /** For the model: limited in length, without control characters or broken characters. */
  readonly text: string;
  readonly structured: Record<string, unknown> | undefined;
}

/** The tools of all servers, under names that a model accepts: `server__tool`. Makes no decisions. */
export class Toolbox {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly #clients: ReadonlyMap<string, ToolServer>;

  private constructor(tools: Toolbox['tools'], clients: ReadonlyMap<string, ToolServer>) {
    this.tools = tools;
    this.#clients = clients;
  }

  /** Throws Failed if two servers have the same prefix, or two tools would have the same name. */
  static of(servers: readonly ToolServer[]): Toolbox {
    const tools = new Map<string, Tool>();
    const byPrefix = new Map<string, ToolServer>();
    for (const server of servers) {
      const { prefix } = server;
      if (byPrefix.has(prefix)) {
        throw new Failed(`two servers are called ${prefix}`, 'rename one of them');
      }
      byPrefix.set(prefix, server);
      for (const listed of server.tools) {
        const name = functionName(prefix, listed.name);
        if (tools.has(name)) {
          throw new Failed(`two tools would be called ${name}`, 'rename one of the servers');
        }
        const inputSchema = listed.inputSchema as Record<string, unknown>;
        const shown = withoutProperties(
          inputSchema,
          knownTool({ server: prefix, tool: listed.name })?.hidden ?? [],
        );
        const description = plainText((listed.description ?? '').slice(0, 1024));
        tools.set(name, {
          server: prefix,
          tool: listed.name,
          inputSchema,
          function: { name, description, ...toStrictSchema(shown) },
        });
      }
    }
    return new Toolbox(tools, byPrefix);
  }

  find({ server, tool }: ToolName): Tool | undefined {
    return [...this.tools.values()].find((one) => one.server === server && one.tool === tool);
  }

  /**
   * Calls a tool. A result that reports an error is a result. Throws Failed if the server dies, hangs or breaks the
   * protocol, and NothingDone if it had ended before the call.
   */
  async call(tool: Tool, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const connection = this.#clients.get(tool.server);
    if (!connection) throw new Error(`no server ${tool.server}`);
    const { client, server } = connection;
    signal.throwIfAborted();
    if (server.ended !== undefined)
      throw new NothingDone(`the ${tool.server} server ended before (${server.ended})`, 'run it again');
    try {
      const result = await client.callTool(
        { name: tool.tool, arguments: dropAbsent(args, tool.inputSchema) },
        undefined,
        { signal, timeout: CALL_MS },
      );
      const structured = result.structuredContent as Record<string, unknown> | undefined;
      const content = (result.content ?? []) as { type: string; text?: string }[];
      const text = structured
        ? JSON.stringify(structured)
        : content.map((part) => part.text ?? `[${part.type}]`).join('\n');
      return { isError: result.isError === true, text: readable(text), structured };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const how = server.ended ? `ended (${server.ended})` : plainText(String(error).slice(0, 200));
      const hint = itSaid(server.stderr.split('\n').at(-1) ?? '') ?? 'run it again';
      throw new Failed(
        `the ${tool.server} server ${how} during ${tool.tool}; the call may have taken effect`,
        hint,
        error,
      );
    }
  }
}

function functionName(prefix: string, tool: string): string {
  const name = `${prefix}__${tool}`.replace(/[^A-Za-z0-9_-]/g, '_');
  if (name.length <= MAX_NAME) return name;
  const tag = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_NAME - tag.length - 1)}_${tag}`;
}

/** Cut first, so that cleaning never sees more than the limit. */
function readable(text: string): string {
  const plain = plainText(text.slice(0, MAX_RESULT_CHARS)).toWellFormed();
  return text.length <= MAX_RESULT_CHARS ? plain : `${plain} [cut at ${MAX_RESULT_CHARS} characters]`;
}
