import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Environment, variable } from '../foundation/environment.ts';
import { NotConfigured } from '../foundation/errors.ts';
import { IMAGE_REFERENCE } from '../manifest/fields.ts';
import type { ContainerImages } from '../runtimes/docker/docker.ts';
import { clientImageNames, dockerCommand } from '../runtimes/docker/docker-command.ts';
import { findEngine } from '../runtimes/docker/engine.ts';
import { makeOfflineBase, OFFLINE_BASE } from './offline-base.ts';

/** As in the Dockerfiles. */
const OFFICIAL_BASE = 'node:26.9.0-bookworm-slim';
const PULL_MS = 120_000;

/** An image to build from a folder whose Dockerfile takes the base as NODE_IMAGE. */
export interface ImageSource {
  readonly name: string;
  readonly dockerfile: string;
  readonly context: string;
}

export interface ImageSources {
  /** Of all that goes into the images: the end of their tags, so that none is stale. */
  readonly digest: string;
  /** The folder of the relay, with its Dockerfile. */
  readonly gateway: string;
  /** Images of the program's own, by the name that a manifest gives them. */
  readonly own: readonly ImageSource[];
  /** Who builds them, such as a path: it may remove what it built of earlier sources. */
  readonly builder: string;
}

/** The images of these sources, built when they are missing. `notice` is told what takes time. */
export async function prepareImages(
  environment: Environment,
  notice: (line: string) => void,
  { digest: sources, gateway, own, builder }: ImageSources,
): Promise<ContainerImages> {
  const engine = await findEngine(process.env);
  const present = new Set((await engine.imageNames()).map(shortName));
  const chosen = variable(environment, 'SPENDWISE_NODE_IMAGE');
  if (chosen !== undefined && !IMAGE_REFERENCE.test(chosen)) {
    throw new NotConfigured(
      'SPENDWISE_NODE_IMAGE is not the name of an image',
      'set it to one, such as node:26-bookworm-slim',
    );
  }
  const node = chosen ?? (await chooseBase(present, notice));
  const digest = createHash('sha256').update(node).update(sources).digest('hex').slice(0, 16);
  const relay = { name: 'spendwise-gateway', dockerfile: join(gateway, 'Dockerfile'), context: gateway };
  const wanted = [relay, ...own].map((image) => ({ ...image, tag: `${image.name}:${digest}` }));
  const missing = wanted.filter(({ tag }) => !present.has(tag));
  // Who built it, without a path.
  const label = `spendwise.clone=${createHash('sha256').update(builder).digest('hex').slice(0, 16)}`;
  if (missing.length > 0) notice('building the images of the sandbox (once)');
  await Promise.all(
    missing.map(({ dockerfile, context, tag }) =>
      dockerCommand(
        ['build', '-q', '--label', label, '-f', dockerfile, '--build-arg', `NODE_IMAGE=${node}`].concat([
          '-t',
          tag,
          context,
        ]),
      ),
    ),
  );
  const tags = wanted.map(({ tag }) => tag);
  if (missing.length > 0) await removeStale(label, tags);
  return {
    gateway: `${relay.name}:${digest}`,
    node,
    local: new Map(own.map(({ name }) => [name, `${name}:${digest}`])),
  };
}

/** Podman names an image of its own `localhost/NAME`, and an official one by its registry. Both answer to the short name. */
const shortName = (name: string): string => name.replace(/^(?:localhost|[^/]+\/library)\//, '');

/** Images that this builder made of earlier sources. One that a run still uses stays: the engine refuses. */
async function removeStale(label: string, current: readonly string[]): Promise<void> {
  const built = (await clientImageNames('--filter', `label=${label}`)).map(shortName);
  const stale = built.filter((tag) => !current.includes(tag));
  for (const tag of stale) await dockerCommand(['rmi', tag]).catch(() => {});
}

async function chooseBase(present: ReadonlySet<string>, notice: (line: string) => void): Promise<string> {
  if (present.has(OFFICIAL_BASE)) return OFFICIAL_BASE;
  if (present.has(OFFLINE_BASE)) {
    notice(`base image: ${OFFLINE_BASE}, made from files of this machine`);
    return OFFLINE_BASE;
  }
  try {
    notice(`pulling ${OFFICIAL_BASE} (once)`);
    await dockerCommand(['pull', '-q', OFFICIAL_BASE], { timeoutMs: PULL_MS });
    return OFFICIAL_BASE;
  } catch {
    notice(`${OFFICIAL_BASE} cannot be pulled: making a base image from files of this machine`);
    return makeOfflineBase();
  }
}
