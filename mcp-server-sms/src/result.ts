import { z } from 'zod';

/** The result of a send. `queued` is not delivered. `unknown` may have been sent and must not be repeated. */
export const SendResult = z.strictObject({
  status: z.enum(['queued', 'sent', 'delivered', 'failed', 'refused', 'duplicate', 'unknown', 'dry_run']),
  sid: z.string().optional().describe('Twilio message SID'),
  to: z.string().describe('recipient, masked'),
  segments: z.number().int().describe('billed parts'),
  encoding: z.enum(['GSM-7', 'UCS-2']),
  body: z.string().describe('the exact text'),
  reason: z.string().optional().describe('why it was refused or not sent; or what was changed in it'),
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

/** The tool result. `isError` if no text was sent, or the outcome is unknown. */
export function toToolResult(result: SendResult) {
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(result) }],
    structuredContent: { ...result },
    isError: BAD.has(result.status),
  };
}

/** A message at Twilio, without its text. */
export const LookedUpMessage = z.strictObject({
  sid: z.string(),
  status: z.enum(['queued', 'sent', 'delivered', 'failed']).describe('queued: accepted, not yet handed on'),
  twilio_status: z.string().describe("Twilio's own word for it"),
  to: z.string().describe('recipient, masked'),
  sent_here: z.boolean().describe('whether this server remembers sending it'),
  segments: z.number().int().optional(),
  created_at: z.string().optional().describe('ISO 8601, UTC'),
  sent_at: z.string().optional().describe('ISO 8601, UTC'),
  delivery_error: z.strictObject({ code: z.number().int(), hint: z.string() }).optional(),
});
export type LookedUpMessage = z.infer<typeof LookedUpMessage>;

const outcome = z.enum(['ok', 'refused', 'failed']);
const trouble = { reason: z.string().optional(), error: SendResult.shape.error };

export const MessageStatusResult = z.strictObject({
  outcome,
  message: LookedUpMessage.optional(),
  ...trouble,
});
export type MessageStatusResult = z.infer<typeof MessageStatusResult>;

export const FoundMessages = z.strictObject({
  outcome,
  messages: z.array(LookedUpMessage).describe('newest first'),
  more: z.boolean().describe('there are others that are not listed'),
  unknown_sends: z.number().int().optional().describe('texts that may have gone out; nobody knows yet'),
  ...trouble,
});
export type FoundMessages = z.infer<typeof FoundMessages>;

/** The content of sms://messages/recent. */
export interface RecentSends {
  readonly sends: readonly {
    readonly at: string;
    readonly to: string;
    readonly status: string;
    readonly segments: number;
    readonly encoding: string;
    readonly sid?: string;
    readonly error_code?: number;
    readonly hint?: string;
  }[];
}

export function toInquiryResult(result: MessageStatusResult | FoundMessages) {
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(result) }],
    structuredContent: { ...result },
    isError: result.outcome !== 'ok',
  };
}
