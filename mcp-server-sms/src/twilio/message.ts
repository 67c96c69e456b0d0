export interface Message {
  readonly sid: string;
  readonly to: string;
  readonly from: string | undefined;
  readonly messagingServiceSid: string | undefined;
  readonly body: string;
  readonly outbound: boolean;
  readonly status: MessageStatus;
  readonly twilioStatus: string;
  readonly segments: number | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number | undefined;
  readonly sentAt: number | undefined;
  readonly errorCode: number | undefined;
}

export type MessageStatus = 'queued' | 'sent' | 'delivered' | 'failed';

export const SID = /^(SM|MM)[0-9a-f]{32}$/;

/** Reads an object of the client without trusting its types. Undefined if it is no message. */
export function messageOf(value: unknown): Message | undefined {
  const text = (name: string) => {
    const field = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof field === 'string' ? field : undefined;
  };
  const time = (name: string) => {
    const field = Reflect.get(value as object, name);
    const at = field instanceof Date ? field.getTime() : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  };
  const sid = text('sid');
  if (sid === undefined || !SID.test(sid)) return undefined;
  const twilioStatus = text('status') ?? 'unknown';
  const segments = Number(text('numSegments'));
  const errorCode: unknown = Reflect.get(value as object, 'errorCode');
  return {
    sid,
    to: text('to') ?? '',
    from: text('from'),
    messagingServiceSid: text('messagingServiceSid'),
    body: text('body') ?? '',
    outbound: text('direction')?.startsWith('outbound') ?? false,
    status: statusOf(twilioStatus),
    twilioStatus: twilioStatus.slice(0, 20),
    segments: Number.isInteger(segments) && segments > 0 ? segments : undefined,
    createdAt: time('dateCreated'),
    sentAt: time('dateSent'),
    errorCode: typeof errorCode === 'number' ? errorCode : undefined,
  };
}

/** Maps Twilio's eleven statuses to four. Accepted but not passed on is queued. */
function statusOf(status: string): MessageStatus {
  if (status === 'delivered' || status === 'read') return 'delivered';
  if (status === 'sent') return 'sent';
  return status === 'failed' || status === 'undelivered' || status === 'canceled' ? 'failed' : 'queued';
}
