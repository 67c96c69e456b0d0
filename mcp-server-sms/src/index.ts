// For programs that embed the server: settings, the service with its guards, and the MCP server.
export { type Config, type ConfigResult, readConfig } from './config.ts';
export { SendResult } from './result.ts';
export type { Sender, SendRequest } from './send/sender.ts';
export { createServer } from './server.ts';
export { createService, type Service, type ServiceOptions } from './service.ts';
