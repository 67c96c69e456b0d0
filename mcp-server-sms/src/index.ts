// What a program that embeds the server needs: settings, a sender with the guards, and the MCP server over it.
export { type Config, type ConfigResult, readConfig } from './config.ts';
export { SendResult } from './result.ts';
export { createSender, type Sender, type SendRequest } from './sender.ts';
export { createServer } from './server.ts';
