import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerCommand } from '@spendwise/sandbox/docker';
import { NotConfigured } from '@spendwise/sandbox/errors';
import { IMAGE_REFERENCE } from '@spendwise/sandbox/manifest';
import type { ContainerImages } from '@spendwise/sandbox/runtimes';
import { type Environment, variable } from '../settings/environment.ts';
import { prepareBundles, SMS_IMAGE } from './bundles.ts';
import { makeOfflineBase, OFFLINE_BASE } from './offline-base.ts';

const REPO = fileURLToPath(new URL('../..', import.meta.url));
const CLONE = `spendwise.clone=${createHash('sha256').update(REPO).digest('hex').slice(0, 16)}`;
/** Must match Dockerfile.sms. */
const OFFICIAL_BASE = 'node:26.9.0-bookworm-slim';
const PULL_MS = 120_000;

/**
 * The images of this clone, built if they are missing. Tags hold a digest of the sources, so none is outdated. `notice`
 * is told about slow steps, and about a base image made on this machine.
 */
export async function prepareImages(
  environment: Environment,
  notice: (line: string) => void,
): Promise<ContainerImages> {
  const present = new Set(await imageNames());
  const own = variable(environment, 'SPENDWISE_NODE_IMAGE');
  if (own !== undefined && !IMAGE_REFERENCE.test(own)) {
    throw new NotConfigured(
      'SPENDWISE_NODE_IMAGE is not the name of an image',
      'such as node:26-bookworm-slim',
    );
  }
  const node = own ?? (await chooseBase(present, notice));
  const { digest: sources } = await prepareBundles();
  const digest = createHash('sha256').update(node).update(sources).digest('hex').slice(0, 16);
  const [gateway, sms] = [`spendwise-gateway:${digest}`, `${SMS_IMAGE}:${digest}`];
  const missing = [
    { target: 'gateway', tag: gateway },
    { target: 'sms', tag: sms },
  ].filter(({ tag }) => !present.has(tag));
  if (missing.length > 0) notice('building the images of the sandbox (once)');
  await Promise.all(
    missing.map(({ target, tag }) =>
      dockerCommand([
        'build',
        '-q',
        '--label',
        CLONE,
        '-f',
        join(REPO, 'Dockerfile.sms'),
        '--target',
        target,
        '--build-arg',
        `NODE_IMAGE=${node}`,
        '-t',
        tag,
        REPO,
      ]),
    ),
  );
  if (missing.length > 0) await removeStale([gateway, sms]);
  return { gateway, node, local: new Map([[SMS_IMAGE, sms]]) };
}

/** Podman prefixes its own images with `localhost/` and official ones with the registry. Both accept the short name. */
async function imageNames(...filter: string[]): Promise<string[]> {
  const rows = await dockerCommand(['images', ...filter, '--format', '{{.Repository}}:{{.Tag}}']);
  return rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.replace(/^(?:localhost|[^/]+\/library)\//, ''));
}

/** Removes images of earlier sources. The engine keeps one that is still in use. */
async function removeStale(current: readonly string[]): Promise<void> {
  const stale = (await imageNames('--filter', `label=${CLONE}`)).filter(
    (tag) => !tag.includes('<none>') && !current.includes(tag),
  );
  for (const tag of stale) await dockerCommand(['rmi', tag]).catch(() => {});
}

async function chooseBase(present: ReadonlySet<string>, notice: (line: string) => void): Promise<string> {
  if (present.has(OFFICIAL_BASE)) return OFFICIAL_BASE;
  if (present.has(OFFLINE_BASE)) {
    notice(`base image: ${OFFLINE_BASE}, made of this machine's own files`);
    return OFFLINE_BASE;
  }
  try {
    notice(`pulling ${OFFICIAL_BASE} (once)`);
    await dockerCommand(['pull', '-q', OFFICIAL_BASE], { timeoutMs: PULL_MS });
    return OFFICIAL_BASE;
  } catch {
    notice(`${OFFICIAL_BASE} cannot be pulled: making a base image of this machine's own files`);
    return makeOfflineBase();
  }
}
