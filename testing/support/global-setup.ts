import { run } from './run.ts';

/** The images, once, before any file: several that begin at the same moment and find none would each build them. */
export async function setup(): Promise<void> {
  const env = process.env as Record<string, string>;
  // Where there can be none, the files say why.
  await run('agent/run.js', ['testing/support/images.ts'], { env, timeoutMs: 300_000 });
}
