import { dirname, join } from 'node:path';
import type { RuntimeKind } from '@spendwise/sandbox';
import { realPath } from '@spendwise/sandbox/foundation';
import {
  DevMCPManifest,
  FSAccess,
  loadManifest,
  type MCPManifest,
  Permission,
  Registry,
} from '@spendwise/sandbox/manifest';
import { DIST, HOME, isClone } from '../settings/installation.ts';
import { SMS_SERVER, SPENDING_SERVER } from '../tools/known-tools.ts';
import type { WantedServer } from './sandboxed-servers.ts';

/** The servers of the agent. It also answers questions without the SMS server. */
export const ownServers = (
  database: string,
  today: Temporal.PlainDate | undefined,
  runtime: RuntimeKind,
): WantedServer[] => [
  { prefix: SPENDING_SERVER, manifest: spendingManifest(database, today, runtime) },
  { ...smsServerWanted(), orElse: 'no texts can be sent' },
];

export const smsServerWanted = (): WantedServer => ({ prefix: SMS_SERVER, manifest: smsManifest() });

export const SMS_MANIFEST = isClone ? join(HOME, 'mcp-server-sms/sandbox.json') : join(DIST, 'sms.json');
export const smsManifest = (): MCPManifest => loadManifest(SMS_MANIFEST);

/** As a plain process, which finds better-sqlite3's binary for this machine: a bundle has those of Linux. */
const SPENDING_PROCESS = isClone
  ? { codeMount: join(HOME, 'agent'), execCommand: ['node', 'run.js', 'spending/server.ts'] }
  : { codeMount: dirname(DIST), execCommand: ['node', 'spending-server.js'] };

/**
 * The spending server for one database: reads that file, without network or variables. A container gets the bundle
 * only, because the clone holds private files such as `.env`.
 */
export function spendingManifest(
  database: string,
  today: Temporal.PlainDate | undefined,
  runtime: RuntimeKind,
): DevMCPManifest {
  const file = realPath(database);
  const code =
    runtime === 'process'
      ? SPENDING_PROCESS
      : { codeMount: join(DIST, 'spending'), execCommand: ['node', 'lib/server.mjs'] };
  return new DevMCPManifest(
    {
      name: 'spending',
      description: 'Read-only access to budgets and transactions',
      registry: Registry.NPM,
      packageName: 'spendwise',
      ...code,
      runtimeArgs: [file, ...(today ? ['--today', today.toString()] : [])],
      // #region spending
      permissions: [Permission.MCP_AC_FILESYSTEM_READ],
      runtimePermissions: [
        {
          ...new FSAccess(file, { read: true, write: false }),
          purpose: 'reading your budgets and transactions',
        },
      ],
      // #endregion
    },
    HOME,
  );
}
