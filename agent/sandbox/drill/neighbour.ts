import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Failed } from '../foundation/errors.ts';
import type { Runtime } from '../plan/runtime.ts';
import { inside, type Values } from './attempt.ts';
import { HostileClient } from './hostile-client.ts';
import type { Witness } from './listeners.ts';
import type { Place } from './place.ts';

/** Another server that the same runtime runs at the same time: it listens, and keeps a secret in its `/tmp`. */
export class Neighbour implements Witness {
  readonly values: Values['NEIGHBOUR'];
  readonly #server: HostileClient;

  private constructor(server: HostileClient, values: Values['NEIGHBOUR']) {
    this.#server = server;
    this.values = values;
  }

  static async start(runtime: Runtime, place: Place): Promise<Neighbour> {
    const run = randomBytes(6).toString('hex');
    const [abstract, file] = [`\0spendwise-neighbour-${run}`, `/tmp/spendwise-neighbour-${run}`];
    const server = await HostileClient.start(
      runtime,
      place.plan([]),
      async () => {},
      () => {},
    );
    const { observed } = await server.run(settle(abstract, file, place.token), place.values);
    const port = Number(observed);
    if (!Number.isInteger(port)) {
      await server.close();
      throw new Failed(`the drill's second server does not listen: ${observed}`, 'this is a bug');
    }
    return new Neighbour(server, { port, abstract, file });
  }

  /** A neighbour that was ended, or cannot answer any more, has heard as well. */
  async heard(): Promise<readonly string[]> {
    if (this.#server.lost) return ['the neighbour is gone'];
    const { observed } = await this.#server.run('return JSON.stringify(globalThis.heard)', {});
    return observed.startsWith('[') ? JSON.parse(observed) : ['the neighbour is gone'];
  }

  async close(): Promise<void> {
    await this.#server.close();
    // A runtime without a `/tmp` for each leaves it in this machine's.
    rmSync(this.values.file, { force: true });
  }
}

const settle = (abstract: string, file: string, secret: string): string =>
  inside(
    async ({ net, fs }, _values, name, path, text) => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      const listen = (options: import('node:net').ListenOptions) =>
        new Promise<number>((resolve) => {
          const server = net.createServer((socket) => {
            heard.push('a connection to the neighbour');
            socket.on('error', () => {}).end('neighbour');
          });
          server.on('error', () => resolve(0));
          server.listen(options, () => resolve((server.address() as { port?: number } | null)?.port ?? 0));
        });
      await listen({ path: name });
      fs.writeFileSync(path, text);
      return listen({ port: 0, host: '127.0.0.1' });
    },
    abstract,
    file,
    secret,
  );
