import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../foundation/environment.ts';
import { NotConfigured } from '../foundation/errors.ts';
import type { ContainerImages } from '../runtimes/docker/docker.ts';

/** The gateway that a package holds; a clone makes it with `npm pack`. */
const GATEWAY = fileURLToPath(new URL('../dist/gateway', import.meta.url));

function shippedGateway(): string {
  if (!existsSync(join(GATEWAY, 'relay.mjs')))
    throw new NotConfigured(
      `${GATEWAY} is missing`,
      'install the package again; in a clone, `npm run build`',
    );
  return GATEWAY;
}

/** For bubblewrap. Throws NotConfigured. */
export const shippedBundles = async () => ({ gateway: shippedGateway(), local: new Map() });

/** The gateway's image, built when it is missing, and the base of all others. Throws NotConfigured or Failed. */
export async function shippedImages(
  environment: Environment,
  notice: (line: string) => void,
): Promise<ContainerImages> {
  const gateway = shippedGateway();
  const hash = createHash('sha256');
  for (const name of readdirSync(gateway).sort())
    hash.update(`${name}\0`).update(readFileSync(join(gateway, name)));
  const { prepareImages } = await import('./images.ts');
  return prepareImages(environment, notice, {
    digest: hash.digest('hex'),
    gateway,
    own: [],
    builder: gateway,
  });
}
