import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { SendRequest } from '../send/sender.ts';

/** How long a person may take to answer. Then the text is not sent. */
const PATIENCE_MS = 300_000;

/** Asks the person at the client, if the client supports it. Only an explicit yes counts. */
export function confirmThrough(server: McpServer, signal: AbortSignal): SendRequest['confirm'] {
  if (server.server.getClientCapabilities()?.elicitation === undefined) return undefined;
  return async ({ to, body }) => {
    const answer = await server.server.elicitInput(
      {
        message: `Send this text to ${to}?\n\n${body}`,
        requestedSchema: {
          type: 'object',
          properties: { send: { type: 'boolean', title: 'Send it', default: false } },
          required: ['send'],
        },
      },
      { signal, timeout: PATIENCE_MS },
    );
    return answer.action === 'accept' && answer.content?.send === true;
  };
}
