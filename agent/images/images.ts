import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareImages as prepare } from '@spendwise/sandbox/images';
import type { ContainerImages } from '@spendwise/sandbox/runtimes';
import type { Environment } from '../settings/environment.ts';
import { prepareBundles, SMS_IMAGE } from './bundles.ts';

const REPO = fileURLToPath(new URL('../..', import.meta.url));

/** The images of this clone, built when they are missing. `notice` is told what takes time. */
export async function prepareImages(
  environment: Environment,
  notice: (line: string) => void,
): Promise<ContainerImages> {
  const { digest, gateway } = await prepareBundles();
  const sms = { name: SMS_IMAGE, dockerfile: join(REPO, 'Dockerfile.sms'), context: REPO };
  return prepare(environment, notice, { digest, gateway, own: [sms], builder: REPO });
}
