import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { Failed, SpendwiseError } from '../foundation/errors.ts';
import { plainText } from '../foundation/plain-text.ts';
import { itSaid } from '../foundation/shown/it-said.ts';
import { type Announcement, announcementChanges } from './tool-changes.ts';
import { ToolGate } from './tool-gate.ts';
import type { SandboxedStdioTransport } from './transport.ts';

const START_MS = 20_000;
const MAX_PAGES = 20;
const SUSPICIOUS = 'it is broken, or hostile';

export interface Connected {
  readonly client: Client;
  readonly tools: readonly Tool[];
  /** All that it said of itself and of its tools while it started: nothing else came through. */
  readonly announcement: Announcement;
}

/** Starts a server and says hello. Throws Failed, with the end of its stderr, when it does not answer. */
export async function connect(
  name: string,
  transport: SandboxedStdioTransport,
  signal: AbortSignal | undefined,
  client = new Client({ name: 'spendwise', version: '0.1.0' }),
): Promise<Connected> {
  let announcement: Announcement | undefined;
  const gate = new ToolGate(transport, async (now) => {
    announcement ??= now;
    if (announcementChanges(announcement, now).length > 0)
      throw new Failed(`the ${name} server lists other tools the second time`, SUSPICIOUS);
  });
  try {
    await client.connect(gate, { timeout: START_MS, ...(signal && { signal }) });
    const tools = await allTools(client);
    return { client, tools, announcement: announcement ?? { server: {}, tools: {} } };
  } catch (error) {
    const ended = transport.ended;
    await transport.close();
    if (signal?.aborted) throw signal.reason;
    if (error instanceof SpendwiseError) throw error;
    if (gate.refused instanceof Failed)
      throw new Failed(`the ${name} server did not start: ${gate.refused.message}`, gate.refused.hint, error);
    const how = ended ?? plainText(String(error).slice(0, 200));
    const hint = itSaid(transport.stderr) ?? 'it said nothing';
    throw new Failed(`the ${name} server did not start (${how})`, hint, error);
  }
}

/** Every page of a server's tools. */
export async function allTools(client: Client): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: START_MS });
    tools.push(...listed.tools);
    cursor = listed.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Failed(`a server lists more than ${MAX_PAGES} pages of tools`, SUSPICIOUS);
}
