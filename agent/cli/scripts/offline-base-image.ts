import { makeOfflineBase } from '../../images/offline-base.ts';
import { report } from '../run-program.ts';

// `npm run -s offline-base-image` prints the image name as its last line.
try {
  process.stdout.write(`${await makeOfflineBase()}\n`);
} catch (error) {
  process.exitCode = report(error);
}
