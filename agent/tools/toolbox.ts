import { createHash } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import type { FunctionTool } from '../models/model.ts';
import { Failed, NothingDone, SpendwiseError } from '../sandbox/foundation/errors.ts';
import { plainText } from '../sandbox/foundation/plain-text.ts';
import { itSaid } from '../sandbox/foundation/shown/it-said.ts';
import { type Announcement, announcementChanges } from '../sandbox/protocol/tool-changes.ts';
import { ToolGate } from '../sandbox/protocol/tool-gate.ts';
import type { SandboxedStdioTransport } from '../sandbox/protocol/transport.ts';
import { dropAbsent, toStrictSchema, withoutProperties } from './strict-schema.ts';

const START_MS = 20_000;
/** A send ends within 45 s by itself; a server that takes longer is stuck. */
const CALL_MS = 60_000;
/** What a model reads of one result. */
const MAX_RESULT_CHARS = 20_000;
const MAX_NAME = 64;
const MAX_PAGES = 20;
const SUSPICIOUS = 'it is broken, or hostile';

/** One MCP server behind its sandbox, under the short name its tools are prefixed with. */
export interface ServerConnection {
  readonly prefix: string;
  readonly transport: SandboxedStdioTransport;
}

export interface Tool {
  readonly server: string;
  readonly tool: string;
  readonly inputSchema: Record<string, unknown>;
  readonly function: FunctionTool;
}

export interface ToolResult {
  readonly isError: boolean;
  /** For the model: bounded, without control characters or halves of characters. */
  readonly text: string;
  readonly structured: Record<string, unknown> | undefined;
}

/** Arguments that a model is not shown, by `server.tool`: what the host itself puts in. */
export type HiddenArguments = Readonly<Record<string, readonly string[]>>;

/** The tools of all servers under names that a model accepts: `server__tool`. Knows no policy. */
export class Toolbox {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly #clients: ReadonlyMap<string, { client: Client; transport: SandboxedStdioTransport }>;

  private constructor(tools: Toolbox['tools'], clients: ReadonlyMap<string, Connected>) {
    this.tools = tools;
    this.#clients = clients;
  }

  /** Takes connected servers. Throws Failed when two tools would have the same name. */
  static of(servers: readonly Connected[], hidden: HiddenArguments = {}): Toolbox {
    const tools = new Map<string, Tool>();
    for (const { prefix, tools: announcedTools } of servers) {
      for (const listed of announcedTools) {
        const name = functionName(prefix, listed.name);
        if (tools.has(name)) {
          throw new Failed(`two tools would be called ${name}`, 'rename one of the servers');
        }
        const inputSchema = listed.inputSchema as Record<string, unknown>;
        const shown = withoutProperties(inputSchema, hidden[`${prefix}.${listed.name}`] ?? []);
        const description = plainText((listed.description ?? '').slice(0, 1024));
        tools.set(name, {
          server: prefix,
          tool: listed.name,
          inputSchema,
          function: { name, description, ...toStrictSchema(shown) },
        });
      }
    }
    return new Toolbox(tools, new Map(servers.map((server) => [server.prefix, server])));
  }

  /**
   * Calls a tool. A result that reports an error is a result; a server that dies, stalls or breaks the protocol
   * throws Failed; one that had ended before the call, NothingDone.
   */
  async call(tool: Tool, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const connection = this.#clients.get(tool.server);
    if (!connection) throw new Error(`no server ${tool.server}`);
    const { client, transport } = connection;
    signal.throwIfAborted();
    if (transport.ended !== undefined)
      throw new NothingDone(`the ${tool.server} server ended before (${transport.ended})`, 'run it again');
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
      const how = transport.ended ? `ended (${transport.ended})` : plainText(String(error).slice(0, 200));
      const hint = itSaid(transport.stderr.split('\n').at(-1) ?? '') ?? 'run it again';
      throw new Failed(
        `the ${tool.server} server ${how} during ${tool.tool}; what it was doing may be done`,
        hint,
        error,
      );
    }
  }
}

/** Every page of a server's tools. */
export async function allTools(client: Client): Promise<ListedTool[]> {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: START_MS });
    tools.push(...listed.tools);
    cursor = listed.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Failed(`a server lists more than ${MAX_PAGES} pages of tools`, SUSPICIOUS);
}

export interface Connected extends ServerConnection {
  readonly client: Client;
  readonly tools: readonly ListedTool[];
  /** All that it said of itself and of its tools while it started: nothing else came through. */
  readonly announcement: Announcement;
}

/** Starts a server and says hello. Throws Failed, with the end of its stderr, when it does not answer. */
export async function connect(
  { prefix, transport }: ServerConnection,
  signal: AbortSignal,
  client = new Client({ name: 'spendwise', version: '0.1.0' }),
): Promise<Connected> {
  let announcement: Announcement | undefined;
  const gate = new ToolGate(transport, async (now) => {
    announcement ??= now;
    if (announcementChanges(announcement, now).length > 0)
      throw new Failed(`the ${prefix} server lists other tools the second time`, SUSPICIOUS);
  });
  try {
    await client.connect(gate, { timeout: START_MS, signal });
    const tools = await allTools(client);
    return { prefix, transport, client, tools, announcement: announcement ?? { server: {}, tools: {} } };
  } catch (error) {
    const ended = transport.ended;
    await transport.close();
    if (signal.aborted) throw signal.reason;
    if (error instanceof SpendwiseError) throw error;
    if (gate.refused instanceof Failed)
      throw new Failed(
        `the ${prefix} server did not start: ${gate.refused.message}`,
        gate.refused.hint,
        error,
      );
    const how = ended ?? plainText(String(error).slice(0, 200));
    const hint = itSaid(transport.stderr) ?? 'it said nothing';
    throw new Failed(`the ${prefix} server did not start (${how})`, hint, error);
  }
}

function functionName(prefix: string, tool: string): string {
  const name = `${prefix}__${tool}`.replace(/[^A-Za-z0-9_-]/g, '_');
  if (name.length <= MAX_NAME) return name;
  const tag = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_NAME - tag.length - 1)}_${tag}`;
}

/** Cut first: what makes a text plain must not see more than a model would. */
function readable(text: string): string {
  const plain = plainText(text.slice(0, MAX_RESULT_CHARS)).toWellFormed();
  return text.length <= MAX_RESULT_CHARS ? plain : `${plain} [cut at ${MAX_RESULT_CHARS} characters]`;
}
