import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import { Failed, NotConfigured } from '../../foundation/errors.ts';
import { isWithin } from '../../foundation/paths.ts';
import { placeOf } from '../../manifest/container-paths.ts';
import type { RuntimePermission } from '../../manifest/permissions.ts';
import type { PythonTarget } from '../../plan/runtime.ts';
import { readPython, WHAT_PYTHON, WHAT_PYTHON_IS } from '../python.ts';
import { type Container, runArguments } from './container-options.ts';
import { dockerClient, dockerCommand } from './docker-command.ts';
import { ownLabels } from './reaper.ts';

const PULL_MS = 600_000;
const PYTHON_MS = 60_000;
const MEBIBYTE = 2 ** 20;

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
        `the image ${image} does not exist`,
        `docker pull ${image}, build it, or name it by digest: then it is pulled`,
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

/** What Python an image has, asked in a container that can do nothing else, nor stay. Throws NotConfigured. */
export async function imagePython(image: string, id: string, timeoutMs = PYTHON_MS): Promise<PythonTarget> {
  const { volumes } = await inspectImage(image, id);
  const [entrypoint, ...words] = WHAT_PYTHON;
  const container: Container = {
    name: `spendwise-${randomBytes(6).toString('hex')}-python`,
    ...{ folder: '/', image: id, labels: ownLabels(), network: 'none', user: '65532:65532', mounts: [] },
    memoryBytes: 256 * MEBIBYTE,
    tmpfs: Object.fromEntries(volumes.map((path) => [path, 'ro,noexec,nosuid,nodev,size=4k'])),
    ...{ entrypoint, command: [...words, WHAT_PYTHON_IS] },
  };
  try {
    return readPython(await dockerCommand(runArguments(container), { timeoutMs }));
  } catch (error) {
    await dockerClient.remove(container.name);
    if (error instanceof NotConfigured) throw error;
    const why = error instanceof Error ? error.message : 'it did not answer';
    throw new NotConfigured(
      `the image of codeImage does not say which Python it has: ${why}`,
      'name an image with python3, such as python@sha256:…',
      error,
    );
  }
}

/** What an image brings along, by the id under which exactly that one is run. */
export interface ImageParts {
  readonly id: string;
  /** Its `VOLUME`s: the engine would make each a folder on its disk, to be written without a limit and run from. */
  readonly volumes: readonly string[];
}

const MOST_VOLUMES = 16;
const Volumes = z.record(z.string(), z.unknown()).nullable();

/** Throws NotConfigured for an image whose volumes cannot be covered, Failed when it is not there. */
export async function inspectImage(server: string, image: string): Promise<ImageParts> {
  const format = '{{.Id}} {{json .Config.Volumes}}';
  const answer = (await dockerCommand(['image', 'inspect', '-f', format, '--', image])).trim();
  const space = answer.indexOf(' ');
  const volumes = Object.keys(Volumes.parse(JSON.parse(answer.slice(space + 1))) ?? {});
  const odd = volumes.find((path) => !/^(\/[\w.@+-]+)+$/.test(path) || posix.resolve(path) !== path);
  if (odd !== undefined || volumes.length > MOST_VOLUMES)
    throw new NotConfigured(
      `${server}: its image has ${odd === undefined ? `${volumes.length} volumes` : `a volume at ${JSON.stringify(odd)}`}, which cannot be limited`,
      'use an image without VOLUME, or with a plain path',
    );
  return { id: answer.slice(0, space), volumes };
}

/** Which volumes stay: in the place of the others stands what was granted. Throws NotConfigured for one inside of that. */
export function volumesBeside(
  server: string,
  volumes: readonly string[],
  granted: readonly RuntimePermission[],
): string[] {
  const places = granted.flatMap((p) => (p.type === 'fs' ? [placeOf(p)] : []));
  for (const volume of volumes) {
    const around = places.find((place) => place !== volume && isWithin(place, volume));
    if (around !== undefined)
      throw new NotConfigured(
        `${server}: its image has a volume at ${volume}, inside the granted path ${around}`,
        'choose another containerPath for it',
      );
  }
  return volumes.filter((volume) => !places.includes(volume));
}
