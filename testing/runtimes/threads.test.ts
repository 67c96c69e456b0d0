import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { dockerAvailable } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startPod } from '../support/pod.ts';

/** As logging libraries and pools of workers do. */
const WORKERS = `import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  process.stdin.resume();
  const code = "const { parentPort } = require('node:worker_threads'); parentPort.once('message', (n) => parentPort.postMessage(n * 2))";
  const workers = Array.from({ length: 4 }, () => new Worker(code, { eval: true }));
  const answers = workers.map((worker) => once(worker, 'message'));
  workers.forEach((worker, at) => worker.postMessage(at));
  console.log(JSON.stringify((await Promise.all(answers)).flat()));`;

describe.each([
  { kind: 'docker', available: dockerAvailable, options: {} },
  { kind: 'bubblewrap', available: bubblewrapAvailable, options: { runtime: testBubblewrap } },
])('$kind', ({ available, options }) => {
  test.skipIf(!available)('a server can have worker threads', async () => {
    const { server } = await startPod({ folder: temporaryFolder(), code: WORKERS, ...options });
    onTestFinished(() => server.stop());
    const [said] = await once(server.stdout, 'data');
    expect(String(said)).toBe('[0,2,4,6]\n');
  });
});
