import { Failed } from '../../errors.ts';
import { dockerCommand } from './docker-cli.ts';

const PULL_MS = 600_000;

/**
 * The engine's own id of an image: a digest over all of it. One that is named by digest and not there is pulled; any
 * other has to be there. Throws Failed.
 */
export async function identifyImage(image: string, notice: (line: string) => void): Promise<string> {
  const inspect = async () =>
    (await dockerCommand(['image', 'inspect', '-f', '{{.Id}}', '--', image])).trim();
  try {
    return await inspect();
  } catch (error) {
    if (!image.includes('@sha256:'))
      throw new Failed(
        `there is no image ${image}`,
        'build it, or name it by digest to have it pulled',
        error,
      );
  }
  notice(`pulling ${image} (once)`);
  try {
    await dockerCommand(['pull', '-q', '--', image], { timeoutMs: PULL_MS });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it did not answer';
    throw new Failed(`${image} cannot be pulled: ${why}`, 'check name, digest and registry', error);
  }
  return inspect();
}
