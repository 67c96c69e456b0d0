// What a program that embeds the server needs: settings, one service with the guards, and the MCP server over it.
export { type Config, type ConfigResult, readConfig } from './config.ts';
export { SendResult } from './result.ts';
export type { Sender, SendRequest } from './send/sender.ts';
export { createServer } from './server.ts';
export { createService, type Service, type ServiceOptions } from './service.ts';
