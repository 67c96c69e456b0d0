import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { alertText, MAX_CATEGORY_UNITS } from '../alert-text.ts';
import { lineProblem } from '../guards/text.ts';
import { SendResult, toToolResult } from '../result.ts';
import type { Sender } from '../send/sender.ts';
import { confirmThrough } from './confirm.ts';

const to = z.string().optional().describe('E.164, allowlisted. Default: the owner.');
// The format is checked later, so that a bad key is a refusal like any other.
const idempotency_key = z
  .string()
  .optional()
  .describe('Names one intent to send: 1 to 64 letters, digits, _ - : . A key that was used sends nothing.');

// Strict: an unknown argument is an error.
const SendSmsInput = z.strictObject({
  to,
  message: z.string().describe('At most 1600 characters; no web addresses, no secrets.'),
  idempotency_key,
});

const BudgetAlertInput = z.strictObject({
  to,
  category: z.string().max(MAX_CATEGORY_UNITS).describe('Name of the budget.'),
  spent: z.number().min(0).describe('In major units.'),
  budget: z.number().min(0).describe('The limit.'),
  currency: z.string().default('CHF').describe('ISO 4217 code.'),
  custom_message: z.string().max(160).optional().describe('One more line.'),
  idempotency_key,
});

// Destructive: sending cannot be undone. Not idempotent: after the dedupe window the same call sends again.
const annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

export function registerSendTools(server: McpServer, send: Sender): void {
  server.registerTool(
    'send_sms',
    {
      title: 'Send a text message',
      description: 'Send a free text. The same text goes out once.',
      inputSchema: SendSmsInput,
      outputSchema: SendResult,
      annotations,
    },
    async ({ to, message, idempotency_key: idempotencyKey }, { signal }) =>
      toToolResult(
        await send({ to, body: message, idempotencyKey, signal, confirm: confirmThrough(server, signal) }),
      ),
  );

  server.registerTool(
    'send_budget_alert',
    {
      title: 'Send a budget alert',
      description: 'Text how much of a budget is spent, in a fixed format.',
      inputSchema: BudgetAlertInput,
      outputSchema: SendResult,
      annotations,
    },
    async ({ to, custom_message: customMessage, idempotency_key: idempotencyKey, ...alert }, { signal }) => {
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
      if (!text.ok) return refused(text.reason);
      return toToolResult(
        await send({ to, body: text.text, idempotencyKey, signal, confirm: confirmThrough(server, signal) }),
      );
    },
  );
}
