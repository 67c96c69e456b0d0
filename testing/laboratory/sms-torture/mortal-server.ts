import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { SendResult } from '../../../mcp-server-sms/src/result.ts';
import { REPO } from '../../support/run.ts';

/** An SMS server that is killed now and then, and started again at once. */
export class MortalServer {
  readonly #env: Record<string, string>;
  #current: Promise<{ client: Client; pid: number }>;
  #closed = false;

  constructor(env: Record<string, string>) {
    this.#env = env;
    this.#current = this.#start();
  }

  async #start() {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [`${REPO}mcp-server-sms/bin/mcp-server-sms.js`],
      env: this.#env,
      stderr: 'ignore',
    });
    const client = new Client({ name: 'torture', version: '1' });
    await client.connect(transport);
    return { client, pid: transport.pid as number };
  }

  /** Undefined: the server was killed under the call, and the caller knows nothing. */
  async send(args: Record<string, unknown>): Promise<SendResult | undefined> {
    const { client } = await this.#current;
    const answer = client.callTool({ name: 'send_sms', arguments: args }, undefined, { timeout: 60_000 });
    return answer.then(
      ({ structuredContent }) => structuredContent as SendResult,
      () => undefined,
    );
  }

  async kill(): Promise<void> {
    const { pid } = await this.#current;
    if (this.#closed) return;
    process.kill(pid, 'SIGKILL');
    this.#current = this.#start();
    await this.#current;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#current).client.close();
  }
}
