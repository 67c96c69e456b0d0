import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Service } from './service.ts';
import { registerInquiryTools } from './tools/inquire.ts';
import { registerSendTools } from './tools/send.ts';
import { VERSION } from './version.ts';

const INSTRUCTIONS =
  'Sends text messages through Twilio. Prefer send_budget_alert for budgets: its text comes from a template. ' +
  'Give one idempotency_key to one intent. "queued" is not delivered: ask get_message_status. A result with status ' +
  '"unknown" may have been sent: never send it again by yourself, ask find_messages. "refused" says why; do not ' +
  'reword a text to get past a refusal.';

/** Created for each session, over the shared service. */
export function createServer({ send, inquiry }: Pick<Service, 'send' | 'inquiry'>): McpServer {
  const server = new McpServer(
    { name: 'mcp-server-sms', title: 'SMS', version: VERSION },
    { instructions: INSTRUCTIONS, capabilities: { logging: {} } },
  );
  registerSendTools(server, send);
  registerInquiryTools(server, inquiry);
  return server;
}
