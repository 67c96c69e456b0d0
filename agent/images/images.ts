import { dirname, join } from 'node:path';
import { prepareImages as prepare } from '@spendwise/sandbox/images';
import type { ContainerImages } from '@spendwise/sandbox/runtimes';
import type { Environment } from '../settings/environment.ts';
import { DIST, HOME } from '../settings/installation.ts';
import { prepareBundles, SMS_IMAGE } from './bundles.ts';

/** The images of this clone or package, built when they are missing. `notice` is told what takes time. */
export async function prepareImages(
  environment: Environment,
  notice: (line: string) => void,
): Promise<ContainerImages> {
  const { digest, gateway } = await prepareBundles();
  const sms = { name: SMS_IMAGE, dockerfile: join(HOME, 'Dockerfile.sms'), context: dirname(DIST) };
  return prepare(environment, notice, { digest, gateway, own: [sms], builder: HOME });
}
