import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { z } from 'zod';
import type { EgressEvent } from '../plan/egress.ts';
import type { LaunchPlan } from '../plan/launch-plan.ts';
import type { Runtime } from '../plan/runtime.ts';
import { type AcceptTools, ToolGate } from '../protocol/tool-gate.ts';
import { ServerTransport } from '../protocol/transport.ts';
import type { Values } from './attempt.ts';

/** Ends what hangs: taking a gigabyte can take a busy machine a quarter of a minute. */
const ANSWER_MS = 30_000;
const Answer = z.object({ observed: z.string(), tried: z.boolean() });
const ToolResult = z.object({ content: z.tuple([z.object({ type: z.literal('text'), text: z.string() })]) });

/** A hostile server in its sandbox, and an MCP client that tells it what to try: the whole path is the real one. */
export class HostileClient {
  readonly #client = new Client({ name: 'spendwise-drill', version: '1' });
  readonly #transport: ServerTransport;
  #lost = false;

  private constructor(transport: ServerTransport) {
    this.#transport = transport;
    // What is not MCP is the server's affair; the drill looks at what it did.
    this.#client.onerror = () => {};
    this.#client.onclose = () => {
      this.#lost = true;
    };
  }

  static async start(
    runtime: Runtime,
    plan: LaunchPlan,
    accept: AcceptTools,
    onEgress: (event: EgressEvent) => void,
  ): Promise<HostileClient> {
    const hostile = new HostileClient(new ServerTransport({ runtime, plan, onEgress }));
    try {
      await hostile.#client.connect(new ToolGate(hostile.#transport, accept));
    } catch (error) {
      await hostile.close();
      throw error;
    }
    return hostile;
  }

  /** It has ended, or no longer answers: the next attempt needs another. */
  get lost(): boolean {
    return this.#lost;
  }

  /** What was observed; a server that ends or falls silent is an observation as well. Never rejects. */
  async run(code: string, values: Partial<Values>): Promise<z.infer<typeof Answer>> {
    try {
      const call = { name: 'attempt', arguments: { code, values } };
      const result = await this.#client.callTool(call, undefined, { timeout: ANSWER_MS });
      return Answer.parse(JSON.parse(ToolResult.parse(result).content[0].text));
    } catch (error) {
      const alive = !this.#lost && this.#transport.ended === undefined;
      this.#lost = true;
      await this.close();
      const how = alive ? `no answer: ${error instanceof Error ? error.message : error}` : 'the server ended';
      return { observed: `${how} (${this.#transport.ended ?? 'not started'})`, tried: true };
    }
  }

  async close(): Promise<void> {
    this.#lost = true;
    await this.#client.close().catch(() => {});
    await this.#transport.close();
  }
}
