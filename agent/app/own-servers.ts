import { fileURLToPath } from 'node:url';
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
import { SMS_SERVER, SPENDING_SERVER } from '../tools/known-tools.ts';
import type { WantedServer } from './sandboxed-servers.ts';

/** What the agent works with. Without the SMS server it still answers questions. */
export const ownServers = (
  database: string,
  today: Temporal.PlainDate | undefined,
  runtime: RuntimeKind,
): WantedServer[] => [
  { prefix: SPENDING_SERVER, manifest: spendingManifest(database, today, runtime) },
  { ...smsServerWanted(), orElse: 'no texts can be sent' },
];

/** All that `spendwise alert` works with. */
export const smsServerWanted = (): WantedServer => ({ prefix: SMS_SERVER, manifest: smsManifest() });

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SPENDING_BUNDLE = at('../../dist/spending');

/** The SMS server's manifest, as it ships with the server. */
export const SMS_MANIFEST = at('../../mcp-server-sms/sandbox.json');
export const smsManifest = (): MCPManifest => loadManifest(SMS_MANIFEST);

/**
 * The spending server over one database: its file read-only, no network, no variable. In a container it runs from its
 * bundle: the clone holds what is none of its business, such as `.env`.
 */
export function spendingManifest(
  database: string,
  today: Temporal.PlainDate | undefined,
  runtime: RuntimeKind,
): DevMCPManifest {
  const file = realPath(database);
  const code =
    runtime === 'process'
      ? { codeMount: at('..'), execCommand: ['node', 'run.js', 'spending/server.ts'] }
      : { codeMount: SPENDING_BUNDLE, execCommand: ['node', 'lib/server.mjs'] };
  return new DevMCPManifest(
    {
      name: 'spending',
      description: 'Read-only access to budgets and transactions',
      registry: Registry.NPM,
      packageName: 'spendwise',
      permissions: [Permission.MCP_AC_FILESYSTEM_READ],
      ...code,
      runtimeArgs: [file, ...(today ? ['--today', today.toString()] : [])],
      runtimePermissions: [
        {
          ...new FSAccess(file, { read: true, write: false }),
          purpose: 'reading your budgets and transactions',
        },
      ],
    },
    at('../..'),
  );
}
