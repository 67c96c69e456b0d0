import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { alertText } from './alert-text.ts';
import { SendResult, toToolResult } from './result.ts';
import type { Sender } from './sender.ts';
import { lineProblem } from './text.ts';
import { VERSION } from './version.ts';

const to = z
  .string()
  .optional()
  .describe(
    'Recipient in E.164, such as +41791234567. Leave it out for the owner; others must be allowlisted.',
  );

// Strict: an unknown argument is an error rather than silently dropped.
const SendSmsInput = z.strictObject({
  to,
  message: z.string().describe('The text, at most 1600 characters.'),
});

const BudgetAlertInput = z.strictObject({
  to,
  category: z.string().max(60).describe('Name of the budget, one line.'),
  spent: z.number().min(0).describe('Spent so far, in major units: 95.5 means CHF 95.50.'),
  budget: z.number().min(0).describe('The limit, in major units.'),
  currency: z.string().default('CHF').describe('ISO 4217 code.'),
  custom_message: z.string().max(160).optional().describe('One more line.'),
});

// Sending cannot be undone, and sending twice is two texts.
const annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

export function createServer(send: Sender): McpServer {
  const server = new McpServer(
    { name: 'mcp-server-sms', version: VERSION },
    {
      capabilities: { logging: {} },
      instructions:
        'Sends text messages through Twilio. Prefer send_budget_alert for budgets: its text comes from a template. ' +
        'A result with status "unknown" may have been sent: never send it again by yourself.',
    },
  );

  server.registerTool(
    'send_sms',
    {
      title: 'Send a text message',
      description: 'Send a free text by SMS. Only to allowlisted recipients.',
      inputSchema: SendSmsInput,
      outputSchema: SendResult,
      annotations,
    },
    async ({ to, message }, { signal }) => toToolResult(await send({ to, body: message, signal })),
  );

  server.registerTool(
    'send_budget_alert',
    {
      title: 'Send a budget alert',
      description: 'Text how much of a budget is spent, in a fixed format. Only to allowlisted recipients.',
      inputSchema: BudgetAlertInput,
      outputSchema: SendResult,
      annotations,
    },
    async ({ to, custom_message: customMessage, ...alert }, { signal }) => {
      const refused = (reason: string) =>
        toToolResult({ status: 'refused', to: '(none)', segments: 0, encoding: 'GSM-7', body: '', reason });
      for (const [field, value] of [
        ['category', alert.category],
        ['custom_message', customMessage],
      ] as const) {
        const problem = value === undefined ? undefined : lineProblem(value);
        if (problem !== undefined) return refused(`${field}: ${problem}`);
      }
      const text = alertText({ ...alert, customMessage });
      return text.ok ? toToolResult(await send({ to, body: text.text, signal })) : refused(text.reason);
    },
  );
  return server;
}
