/** The library: runs an MCP server with no more power than it was granted. */
export { AuditLog } from './audit/audit-log.ts';
export type {
  ConsentAnswer,
  Consented,
  ConsentOptions,
  ConsentUI,
} from './consent/consent.ts';
export { type Grant, GrantStore } from './consent/grants.ts';
export {
  ConsentMissing,
  Failed,
  Interrupted,
  NotConfigured,
  SpendwiseError,
} from './foundation/errors.ts';
export {
  findRuntime,
  type ProgramAnswers,
  programConsent,
  SandboxedStdioTransport,
  stateDir,
  terminalConsent,
} from './library.ts';
export { type ManifestFields, Registry } from './manifest/fields.ts';
export { DevMCPManifest, loadManifest, MCPManifest } from './manifest/manifest.ts';
export {
  DomainPort,
  describePermission,
  EnvironmentVariable,
  FSAccess,
  HostPort,
  Permission,
  type RuntimePermission,
} from './manifest/permissions.ts';
export type { ToolLimits } from './manifest/tool-limits.ts';
export type { Diversion, EgressEvent, OnEgress } from './plan/egress.ts';
export type { RunningServer, Runtime, RuntimeKind } from './plan/runtime.ts';
export type { McpTransport } from './protocol/mcp-transport.ts';
export { admitServer, SandboxedServer, type StartOptions, startServer } from './start-server.ts';
