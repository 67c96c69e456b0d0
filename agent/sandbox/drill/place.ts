import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realPath } from '../foundation/paths.ts';
import { DevMCPManifest, Registry } from '../manifest/manifest.ts';
import { DomainPort, FSAccess, Permission } from '../manifest/permissions.ts';
import type { Diversion } from '../plan/egress.ts';
import { type LaunchPlan, launchPlan } from '../plan/launch-plan.ts';
import type { Values } from './attempt.ts';
import { type ApiStandIn, type Canary, startApiStandIn, startCanary, startLargeAnswer } from './listeners.ts';
import { API, apiPermissions, NOTES } from './permissions.ts';

export const HOSTILE_SERVER = fileURLToPath(new URL('./hostile-server.mjs', import.meta.url));
const LARGE = 'large-answers.example';
const [ACCOUNT, OWNER, SENDER] = [`AC${'0'.repeat(32)}`, '+12025550143', '+15005550006'];

/** Every secret of the drill looks like this, so that the server can search without being told. */
export const SECRET_PATTERN = /drill-secret-[0-9a-f]{32}/;

/** What surrounds the hostile server: folders, secrets, listeners. Nothing of it is the person's own. */
export interface Place {
  readonly values: Omit<Values, 'NEIGHBOUR'>;
  /** Around all of it; the server sees nothing of that but what it was granted. */
  readonly folder: string;
  /** The hostile server's, as every server of the drill has it. */
  readonly code: string;
  /** The real half of the bound credential. */
  readonly token: string;
  /** What the API must see of it, and the one that takes JSON. */
  readonly credential: string;
  readonly bearer: string;
  readonly canary: Canary;
  readonly api: ApiStandIn;
  /** A file for the audit log of each server that needs one. */
  newLog(): string;
  /** For the hostile server: the API, a domain without rules, and a folder for reading and one for writing. */
  plan(args: readonly string[]): LaunchPlan;
  remove(): void;
}

export async function makePlace(): Promise<Place> {
  const run = randomBytes(6).toString('hex');
  const folder = realPath(mkdtempSync(join(tmpdir(), 'spendwise-drill-')));
  const [code, readable, writable, closed] = ['code', 'readable', 'writable', 'closed'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  for (const path of [code, readable, writable, closed]) mkdirSync(path);
  copyFileSync(HOSTILE_SERVER, join(code, 'hostile-server.mjs'));
  const secret = join(folder, 'secret.txt');
  writeFileSync(secret, newSecret());
  // Like a granted folder, and not granted.
  writeFileSync(join(closed, 'data.txt'), newSecret());
  writeFileSync(join(readable, 'data.txt'), 'granted data');
  writeFileSync(join(readable, 'spare.txt'), 'granted data');
  symlinkSync(secret, join(readable, 'link'));
  for (const path of [code, readable, closed]) chmodSync(path, 0o755);
  const files = [
    secret,
    join(readable, 'data.txt'),
    join(closed, 'data.txt'),
    join(code, 'hostile-server.mjs'),
  ];
  for (const path of files) chmodSync(path, 0o644);
  // The user that the server runs as may write there; the folder above is closed to everybody else.
  chmodSync(writable, 0o777);
  const [socket, grantedSocket] = [join(folder, 'host.sock'), join(readable, 'host.sock')];
  const abstract = `\0spendwise-drill-${run}`;
  const canary = await startCanary([socket, grantedSocket, abstract]);
  const api = await startApiStandIn();
  const large = await startLargeAnswer();
  const [token, notesToken] = [newSecret(), newSecret()];
  const env = {
    API_ACCOUNT: ACCOUNT,
    API_TOKEN: token,
    API_SENDER: SENDER,
    API_OWNER: OWNER,
    NOTES_TOKEN: notesToken,
  };
  const diversions: Diversion[] = [
    { domain: API, port: 443, target: api.url, variable: 'API_BASE_URL' },
    { domain: NOTES, port: 443, target: api.url, variable: 'NOTES_BASE_URL' },
    { domain: LARGE, port: 443, target: large.url, variable: 'LARGE_URL' },
  ];
  return {
    values: {
      ACCOUNT,
      OWNER,
      SENDER,
      MESSAGES: `/v1/Accounts/${ACCOUNT}/Messages.json`,
      READABLE: readable,
      WRITABLE: writable,
      SECRET: secret,
      ...canary.ports,
      SOCKET: socket,
      GRANTED_SOCKET: grantedSocket,
      ABSTRACT: abstract,
      BRIDGE: ownAddress(),
      LARGE,
    },
    folder,
    code,
    token,
    bearer: `Bearer ${notesToken}`,
    credential: `Basic ${Buffer.from(`${ACCOUNT}:${token}`).toString('base64')}`,
    canary,
    api,
    newLog: () => join(folder, 'audit', `${randomBytes(6).toString('hex')}.jsonl`),
    plan: (args) => {
      const manifest = new DevMCPManifest(
        {
          name: 'hostile',
          registry: Registry.NPM,
          packageName: 'hostile',
          permissions: Object.values(Permission),
          codeMount: code,
          execCommand: ['node', 'hostile-server.mjs'],
          runtimeArgs: [...args],
          runtimePermissions: [
            ...apiPermissions,
            new DomainPort(LARGE, 443),
            new FSAccess(readable, { read: true, write: false }),
            new FSAccess(writable, { read: true, write: true }),
          ],
        },
        code,
      );
      return launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, env, diversions);
    },
    remove: () => {
      canary.close();
      api.close();
      large.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const newSecret = (): string => `drill-secret-${randomBytes(16).toString('hex')}`;

/** An address of this machine that is not its loopback; without a network, its loopback. */
const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flat()
    .find((a) => a?.family === 'IPv4' && !a.internal)?.address ?? '127.0.0.1';
