import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { EgressEvent } from '../../agent/sandbox/runtimes/runtime.ts';
import { smsManifest } from '../../agent/servers.ts';
import { startTwilioStandIn, type TwilioStandIn } from '../stand-ins/twilio.ts';
import { dockerAvailable, testWithDocker } from '../support/docker.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { startPod, type TestPod } from '../support/pod.ts';
import type { Attempt, AttemptValues } from './attempt.ts';
import { filesystem } from './attempts/filesystem.ts';
import { limits } from './attempts/limits.ts';
import { names } from './attempts/names.ts';
import { network } from './attempts/network.ts';
import { privileges } from './attempts/privileges.ts';
import { requests } from './attempts/requests.ts';
import { secrets } from './attempts/secrets.ts';
import { tls } from './attempts/tls.ts';
import { type Canary, startCanary } from './canary.ts';

const SENDER = '+15005550006';
// Made here, for the attempts' texts name it; filled only where there are containers.
const folder = join(tmpdir(), `spendwise-test-breakouts-${process.pid}`);
const granted = join(folder, 'granted');
let pod: TestPod;
let canary: Canary;
let twilio: TwilioStandIn;
let ask: (code: string) => Promise<string>;

/** One pod for all: the SMS server's own permissions and a folder, around a server that obeys the attacker. */
beforeAll(async () => {
  if (!dockerAvailable) return;
  mkdirSync(granted, { recursive: true });
  writeFileSync(join(granted, 'data.txt'), 'granted data');
  writeFileSync(join(folder, 'secret.txt'), 'not granted');
  symlinkSync(join(folder, 'secret.txt'), join(granted, 'link'));
  canary = await startCanary();
  twilio = await startTwilioStandIn(ACCOUNT);
  mkdirSync(join(folder, 'code'));
  copyFileSync(new URL('./prelude.mjs', import.meta.url), join(folder, 'code', 'hostile.mjs'));
  pod = await startPod({
    folder,
    permissions: [
      ...smsManifest().runtimePermissions,
      { type: 'fs', path: granted, read: true, write: false },
    ],
    env: {
      TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
      TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
      TWILIO_PHONE_NUMBER: SENDER,
      NOTIFICATION_PHONE: OWNER,
    },
    overrides: [{ domain: 'api.twilio.com', port: 443, target: twilio.url, variable: 'TWILIO_API_BASE_URL' }],
    code: "await import('./hostile.mjs');",
  });
  const answers = new Map<number, (observed: string) => void>();
  createInterface({ input: pod.server.stdout }).on('line', (line) => {
    const { id, observed } = JSON.parse(line);
    answers.get(id)?.(observed);
  });
  let next = 0;
  ask = (code) =>
    new Promise((resolve) => {
      const id = next++;
      answers.set(id, resolve);
      pod.server.stdin.write(`${JSON.stringify({ id, code })}\n`);
    });
}, 120_000);

afterAll(async () => {
  await pod?.server.stop();
  await twilio?.close();
  canary?.close();
  rmSync(folder, { recursive: true, force: true });
});

const values: AttemptValues = {
  ACCOUNT: ACCOUNT.accountSid,
  OWNER,
  SENDER,
  GRANTED: granted,
  BRIDGE:
    Object.values(networkInterfaces())
      .flat()
      .find((a) => a?.family === 'IPv4' && !a.internal)?.address ?? '',
};
const filled = (code: string) =>
  code
    .replaceAll('OWNERDIGITS', OWNER.slice(1))
    .replace(/\b(ACCOUNT|OWNER|SENDER|GRANTED|BRIDGE)\b/g, (name) => values[name as keyof AttemptValues]);
const row = ({ host, port, reason }: EgressEvent) => `${host}:${port} ${reason}`;

const classes: Record<string, readonly Attempt[]> = {
  network,
  names,
  tls,
  requests,
  secrets,
  filesystem,
  privileges,
  limits,
};

describe.each(Object.entries(classes))('%s', (_class, attempts) => {
  testWithDocker.each(attempts.map((a) => [a.attempt, a] as const))(
    '%s',
    async (_name, { code, expected, recorded }) => {
      const before = pod.egress.length;
      const received = twilio.inbox.length;
      const observed = await ask(filled(code));
      expect(observed).toMatch(expected);
      if (recorded) {
        const denials = () =>
          pod.egress
            .slice(before)
            .filter(({ verdict }) => verdict === 'denied')
            .map(row);
        await expect.poll(denials).toContainEqual(expect.stringMatching(recorded));
      }
      expect(canary.heard).toEqual([]);
      expect(twilio.inbox.length).toBe(received);
    },
  );
});

testWithDocker('and yet what is allowed works, with the real credential and no other', async () => {
  const message = `{ To: '${OWNER}', From: '${SENDER}', Body: 'hi' }`;
  const path = `/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`;
  const theirs = `Basic ${Buffer.from('ACattacker:token').toString('base64')}`;
  const sent = await ask(
    `return api('${path}', { ...form(${message}), headers: { authorization: '${theirs}', 'x-evil': '1' } })`,
  );
  expect(sent).toMatch(/^201 .*"status":"queued"/);
  expect(twilio.inbox.map((m) => m.body)).toEqual(['hi']);
  expect(await ask(`return api('${path}?To=${encodeURIComponent(OWNER)}')`)).toMatch(/^200 .*"body":"hi"/);
  expect(pod.egress.filter(({ verdict }) => verdict === 'allowed').length).toBeGreaterThanOrEqual(2);
});
