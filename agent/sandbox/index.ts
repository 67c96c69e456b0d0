/** The library: what a program needs to run an MCP server with no more power than it was granted. */
export { AuditLog } from './audit/audit-log.ts';
export { type Consented, type ConsentOptions, obtainConsent } from './consent/consent.ts';
export { GrantStore } from './consent/grants.ts';
export { DevMCPManifest, loadManifest, MCPManifest, Registry } from './manifest/manifest.ts';
export { DomainPort, EnvironmentVariable, FSAccess, HostPort, Permission } from './manifest/permissions.ts';
export type { Diversion, EgressEvent, OnEgress } from './plan/egress.ts';
export type { RunningServer, Runtime, RuntimeKind } from './plan/runtime.ts';
export { admitServer, SandboxedServer, type StartOptions, startServer } from './start-server.ts';
