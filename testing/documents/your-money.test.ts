import { afterAll, beforeAll, test } from 'vitest';
import { dockerRequired } from '../support/docker-required.ts';
import { blocksOf } from '../support/document.ts';
import { Reader } from '../support/reader.ts';
import { terminalAvailable } from '../support/reader-shell.ts';

/** The page, block by block, as a new user goes through it: in a folder of their own, on a terminal. */
const PAGE = 'agent/spending/YOUR-MONEY.md';

if (!terminalAvailable) {
  if (dockerRequired) throw new Error('SPENDWISE_REQUIRE_DOCKER=1, but there is no `script` of util-linux');
  process.stderr.write(`SKIPPED: no \`script\` of util-linux, which makes a terminal: ${PAGE}\n`);
}

/** Keeps its table in the reader's folder, not in the machine's. */
const CRONTAB = `#!/bin/sh
case $1 in -l) cat "$HOME/crontab" ;; -) cat > "$HOME/crontab" ;; esac
`;

let reader: Reader;
beforeAll(() => {
  reader = new Reader(PAGE, { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }, {}, { crontab: CRONTAB });
});
afterAll(() => reader?.close());

const sections = [...new Set(blocksOf(PAGE).map(({ section }) => section))];
test.skipIf(!terminalAvailable).each(sections)('%s', (section) => reader.read(section), 300_000);

/** stderr says that the texts go to the stand-in. */
test.skipIf(!terminalAvailable)('the line in the crontab does the job as cron starts it', async () => {
  const line = `sed 's/^\\*.15 \\* \\* \\* \\* //' "$HOME/crontab"`;
  await reader.type(`setsid -w sh -c "$(${line})" < /dev/null 2> cron.txt; echo "code $?"`, 'code 0\n');
});
