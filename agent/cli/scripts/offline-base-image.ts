import { makeOfflineBase } from '@spendwise/sandbox/offline-base';
import { report } from '@spendwise/sandbox/run-program';

// `npm run -s offline-base-image` prints the image name as its last line.
try {
  process.stdout.write(`${await makeOfflineBase()}\n`);
} catch (error) {
  process.exitCode = report(error);
}
