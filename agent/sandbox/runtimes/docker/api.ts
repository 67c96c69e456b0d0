import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Failed } from '../../foundation/errors.ts';
import { plainText } from '../../foundation/plain-text.ts';
import { outputs } from './attach.ts';
import type { ContainerEngine, RunningContainer, Stages } from './container.ts';
import { type Container, createRequest } from './container-options.ts';
import { engineHint } from './engine-hint.ts';

/** To import it would load all that a global `fetch` and `WebSocket` need as well. */
const { request } = process.getBuiltinModule('node:http');

const Images = z.array(z.object({ RepoTags: z.array(z.string()).nullish() }));

/**
 * Containers through the Engine API, on the engine's own socket: what `docker run -i` does, without a client between.
 * When this process goes, so do its connections, and with the one on which a container hangs goes that one's stdin.
 */
export function engineApi(socketPath: string, version: string): ContainerEngine {
  const send = (method: string, path: string, headers: Record<string, string> = {}): ClientRequest =>
    request({
      socketPath,
      method,
      path: `/v${version}${path}`,
      headers: { host: 'docker', ...headers },
      agent: false,
    });
  const post = (path: string, body?: unknown) =>
    body === undefined
      ? answerTo(send('POST', path).end())
      : answerTo(send('POST', path, { 'content-type': 'application/json' }).end(JSON.stringify(body)));
  const remove = async (...names: string[]): Promise<void> => {
    const removed = names.map((name) => answerTo(send('DELETE', `${at(name)}?force=true&v=true`).end()));
    for (const outcome of await Promise.allSettled(removed))
      if (outcome.status === 'fulfilled') outcome.value.resume();
  };

  return {
    kind: 'api',
    remove,
    async imageNames() {
      try {
        const answer = await answerTo(send('GET', '/images/json').end());
        const names = Images.parse(JSON.parse(await text(answer))).flatMap(({ RepoTags }) => RepoTags ?? []);
        // Engines before 24 give this to an image without a name.
        return names.filter((name) => !name.includes('<none>'));
      } catch (error) {
        if (error instanceof Failed) throw error;
        throw new Failed(
          'the engine did not list its images',
          'check that the Docker engine is running',
          error,
        );
      }
    },
    async run(container: Container, { onCreated, mayStart }: Stages = {}): Promise<RunningContainer> {
      const { name } = container;
      const created = await post(
        `/containers/create?name=${encodeURIComponent(name)}`,
        createRequest(container),
      );
      created.resume();
      onCreated?.();
      try {
        // Attach and wait before the start; otherwise the first output or an early end would be missed.
        const [socket, ending] = await Promise.all([
          attached(
            send('POST', `${at(name)}/attach?stream=1&stdin=1&stdout=1&stderr=1`, {
              connection: 'Upgrade',
              upgrade: 'tcp',
            }),
          ),
          post(`${at(name)}/wait?condition=removed`),
        ]);
        const closed = new Promise<void>((resolve) => socket.on('close', resolve));
        const { stdout, stderr } = outputs(socket);
        await mayStart;
        (await post(`${at(name)}/start`)).resume();
        // By then its last output was read too.
        const gone = Promise.all([endOf(ending), closed]).then(([how]) => how);
        return { stdin: socket, stdout, stderr, gone };
      } catch (error) {
        await remove(name);
        throw error;
      }
    },
  };
}

const at = (name: string): string => `/containers/${encodeURIComponent(name)}`;

async function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  if ((response.statusCode ?? 500) >= 400) throw await refusal(response);
  return response;
}

/** Resolves once the connection carries a container's stdio. Writes go to stdin; half-closing ends stdin. */
async function attached(asked: ClientRequest): Promise<Socket> {
  asked.end();
  const upgraded = once(asked, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>;
  const refused = once(asked, 'response').then(async ([response]) => {
    throw await refusal(response);
  });
  const [, socket, head] = await Promise.race([upgraded, refused]);
  if (head.length > 0) socket.unshift(head);
  // `gone` reports the end; a failed write does not.
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  return socket;
}

async function refusal(response: IncomingMessage): Promise<Failed> {
  const said = plainText(messageIn(await text(response))).trim();
  return new Failed(`the engine refused: ${said.slice(0, 300)}`, engineHint(said));
}

function messageIn(body: string): string {
  try {
    return String(JSON.parse(body).message);
  } catch {
    return body;
  }
}

async function endOf(waited: IncomingMessage): Promise<string> {
  try {
    return `exit code ${Number(JSON.parse(await text(waited)).StatusCode)}`;
  } catch {
    return 'the engine no longer knows it';
  }
}
