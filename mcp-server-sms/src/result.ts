import { z } from 'zod';

export const SEND_STATUSES = [
  'queued',
  'sent',
  'delivered',
  'failed',
  'refused',
  'duplicate',
  'unknown',
  'dry_run',
] as const;

/** What a send came to. `queued` is not delivered; `unknown` may have been sent and must not be repeated. */
export const SendResult = z.strictObject({
  status: z.enum(SEND_STATUSES),
  sid: z.string().optional().describe('Twilio message SID'),
  to: z.string().describe('recipient, masked'),
  segments: z.number().int().describe('billed parts'),
  encoding: z.enum(['GSM-7', 'UCS-2']),
  body: z.string().describe('the exact text'),
  reason: z.string().optional().describe('why it was refused, or not sent'),
  error: z
    .strictObject({
      kind: z.enum(['api', 'network', 'timeout', 'protocol', 'cancelled']),
      code: z.number().int().optional().describe('Twilio error code'),
      message: z.string(),
      hint: z.string(),
      retryable: z.boolean().describe('true only when nothing can have been sent'),
    })
    .optional(),
});
export type SendResult = z.infer<typeof SendResult>;
export type SendError = NonNullable<SendResult['error']>;

const BAD: ReadonlySet<SendResult['status']> = new Set(['failed', 'refused', 'unknown']);

/** The tool result: structured, the same as text, `isError` when no text went out or nobody knows. */
export function toToolResult(result: SendResult) {
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(result) }],
    structuredContent: { ...result },
    isError: BAD.has(result.status),
  };
}
