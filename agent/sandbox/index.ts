/** The library: runs an MCP server with no more power than it was granted. */
export { AuditLog } from './audit/audit-log.ts';
export {
  type ConsentAnswer,
  type Consented,
  type ConsentOptions,
  type ConsentUI,
  obtainConsent,
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
export {
  DevMCPManifest,
  loadManifest,
  type ManifestFields,
  MCPManifest,
  Registry,
} from './manifest/manifest.ts';
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
