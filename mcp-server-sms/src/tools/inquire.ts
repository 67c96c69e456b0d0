import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { MAX_BODY_UNITS } from '../guards/text.ts';
import type { Inquiry } from '../inquiry.ts';
import { FoundMessages, MessageStatusResult, toInquiryResult } from '../result.ts';

const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true,
};

const StatusInput = z.strictObject({
  sid: z.string().max(64).describe('As a send returned it.'),
});

const FindInput = z.strictObject({
  to: z.string().max(64).optional().describe('E.164, allowlisted. Default: the owner.'),
  since: z
    .union([z.iso.datetime({ offset: true }).max(40), z.iso.date().max(40)])
    .optional()
    .describe('A date, or a time with its zone.'),
  body: z
    .string()
    .max(MAX_BODY_UNITS)
    .optional()
    .describe('Only messages with exactly this text: was it sent?'),
  limit: z.number().int().min(1).max(100).default(20),
});

export function registerInquiryTools(server: McpServer, inquiry: Inquiry): void {
  server.registerTool(
    'get_message_status',
    {
      title: 'Status of a text message',
      description: 'What became of a sent message.',
      inputSchema: StatusInput,
      outputSchema: MessageStatusResult,
      annotations,
    },
    async ({ sid }) => toInquiryResult(await inquiry.status(sid)),
  );

  server.registerTool(
    'find_messages',
    {
      title: 'Find sent messages',
      description: 'Sent messages, newest first, without their words. Settles unknown sends.',
      inputSchema: FindInput,
      outputSchema: FoundMessages,
      annotations,
    },
    async ({ to, since, body, limit }) =>
      toInquiryResult(
        await inquiry.find({ to, limit, body, since: since === undefined ? since : new Date(since) }),
      ),
  );

  server.registerResource(
    'recent-messages',
    'sms://messages/recent',
    {
      title: 'Recent messages',
      description: 'The last 50 sends of this server and what became of them; recipients masked, no texts.',
      mimeType: 'application/json',
    },
    (uri) => ({
      contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(inquiry.recent()) }],
    }),
  );
}
