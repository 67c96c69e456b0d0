import { existsSync } from 'node:fs';
import { dockerRequired } from './docker-required.ts';

/** Of Debian's package, which bubblewrap's pods see too. */
export const PYTHON = '/usr/bin/python3';
export const pythonAvailable = existsSync(PYTHON);
if (!pythonAvailable) {
  if (dockerRequired) throw new Error(`SPENDWISE_REQUIRE_DOCKER=1, but there is no ${PYTHON}`);
  process.stderr.write(`SKIPPED: no ${PYTHON}: its tests\n`);
}
