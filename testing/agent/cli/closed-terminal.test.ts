import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';
import { household } from '../../support/household.ts';
import { modelServer } from '../../support/model-server.ts';
import { isAlive } from '../../support/processes.ts';
import { REPO } from '../../support/run.ts';
import { onTerminal, SPENDWISE, type Terminal, testOnTerminal } from '../../support/terminal.ts';

/** Runs a command on a terminal that is closed after this; gives its exit code, and what is left. */
async function closedAfter(
  what: (terminal: Terminal) => Promise<unknown>,
  command: string,
  env: Record<string, string>,
) {
  const [notes, scratch] = [temporaryFolder(), temporaryFolder()];
  const [code, pid] = [join(notes, 'code'), join(notes, 'pid')];
  // The inner shell outlives the terminal, and notes how the command ended. The outer one ends with the terminal, as the
  // shell of a window does: then the kernel tells the others.
  const inner = `echo $$ > ${pid}; trap : HUP; ${SPENDWISE} ${command}; echo $? > ${code}.new; mv ${code}.new ${code}`;
  const shell = `sh -c "$INNER"; exit`;
  const terminal = onTerminal(shell, { ...env, TMPDIR: scratch, INNER: inner });
  await what(terminal);
  const running = descendants(Number(readFileSync(pid, 'utf8')));
  terminal.close();
  while (!existsSync(code)) await delay(20);
  const files = [scratch, env.SPENDWISE_STATE_DIR ?? ''].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [],
  );
  return {
    code: Number(readFileSync(code, 'utf8')),
    left: files.filter((name) => /^spendwise-|lock/.test(name)),
    running: running.filter(isAlive),
    servers: running.length - 1,
  };
}

/** The processes that this one started, and those that they started. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.filter(Boolean).flatMap((child) => [Number(child), ...descendants(Number(child))]);
}

const PROCESS = '--runtime process --unsandboxed';
const SANDBOX_RUN = `sandbox run ${REPO}mcp-server-sms/sandbox.json ${PROCESS}`;
const LEFT_NOTHING = { code: 129, left: [], running: [] };

testOnTerminal('a terminal that is closed at a question leaves nothing', async () => {
  const { env } = await household();
  const question = (terminal: Terminal) =>
    terminal.until(/yes \/ no \/ all for this server \/ quit \[no\] $/);
  const account = { ...env, OPENAI_API_KEY: 'not-asked' };
  for (const command of [
    'demo --runtime process',
    `agent ask ${PROCESS} hello`,
    `alert ${PROCESS}`,
    SANDBOX_RUN,
  ])
    expect(await closedAfter(question, command, account), command).toEqual({ ...LEFT_NOTHING, servers: 0 });
});

testOnTerminal('a terminal that is closed while servers run leaves nothing', async () => {
  const { env, twilio } = await household();
  const chat = await closedAfter((demo) => demo.until(/you> $/), 'demo --runtime process --yes', {});
  expect(chat).toEqual({ ...LEFT_NOTHING, servers: 2 });

  const silent = await modelServer(() => {});
  const asked = await closedAfter(
    () => expect.poll(silent.requests, { timeout: 60_000 }).toBeGreaterThan(0),
    `agent ask ${PROCESS} --yes hello`,
    { ...env, OPENAI_BASE_URL: silent.url },
  );
  expect(asked).toEqual({ ...LEFT_NOTHING, servers: 2 });

  const served = await closedAfter(
    async (terminal) => {
      const hello = {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'n', version: '1' },
      };
      const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params: hello };
      terminal.type(`${JSON.stringify(request)}\n`);
      await terminal.until(/"serverInfo"/);
    },
    `${SANDBOX_RUN} --yes`,
    env,
  );
  expect(served).toEqual({ ...LEFT_NOTHING, servers: 1 });

  twilio.faults.next({ kind: 'late', ms: 60_000 });
  const alerted = await closedAfter(
    () => expect.poll(() => twilio.inbox.length, { timeout: 60_000 }).toBe(1),
    `alert ${PROCESS} --yes`,
    env,
  );
  expect(alerted).toEqual({ ...LEFT_NOTHING, servers: 1 });
});
