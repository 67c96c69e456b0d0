import { execFileSync } from 'node:child_process';
import { test } from 'vitest';
import { prepareImages } from '../../agent/images/images.ts';
import type { ContainerImages } from '../../agent/sandbox/runtimes/docker.ts';

/** Whether an engine answers here. CI says SPENDWISE_REQUIRE_DOCKER=1: there, a test that would be skipped fails. */
const engineAnswers = (): boolean => {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      stdio: 'ignore',
      timeout: 10_000,
    });
    return true;
  } catch {
    return false;
  }
};

const required = process.env.SPENDWISE_REQUIRE_DOCKER === '1';
export const dockerAvailable = engineAnswers();
if (!dockerAvailable && required) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but no Docker engine answers');
if (!dockerAvailable) process.stderr.write('SKIPPED: no Docker engine answers: the tests of containers\n');

/** A test on the real runtime: skipped, loudly, where there is no engine. */
export const testWithDocker = test.skipIf(!dockerAvailable);

let images: Promise<ContainerImages> | undefined;
/** The images of this clone, on a base that needs no network. */
export const testImages = (): Promise<ContainerImages> => {
  images ??= prepareImages(process.env, () => {});
  return images;
};

export const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' });
export const ourContainers = (): string[] =>
  docker('ps', '-a', '--filter', 'label=spendwise.host', '--format', '{{.Names}}')
    .split('\n')
    .filter(Boolean);
