import { randomBytes } from 'node:crypto';
import { SegmentedMessage } from 'sms-segments-calculator';
import { type Outcome, progressAt } from './twilio-status.ts';

/** A message as the stand-in keeps it. */
export interface StoredMessage {
  readonly sid: string;
  readonly to: string;
  readonly from: string | null;
  readonly messagingServiceSid: string | null;
  readonly body: string;
  readonly createdAt: Date;
}

export interface ApiError {
  readonly http: number;
  readonly code: number;
  readonly message: string;
}

/** Twilio's magic numbers for test credentials. Source: Twilio's documentation of test credentials. */
const MAGIC_TO: Record<string, [code: number, text: string]> = {
  '+15005550001': [21211, "The 'To' number is not a valid phone number."],
  '+15005550002': [
    21612,
    "The 'To' phone number is not currently reachable using the 'From' phone number via SMS.",
  ],
  '+15005550003': [21408, 'Permission to send an SMS has not been enabled for the region of this number.'],
  '+15005550004': [21610, 'Attempt to send to unsubscribed recipient.'],
  '+15005550009': [21614, "'To' number is not a valid mobile number."],
};
const MAGIC_FROM: Record<string, [code: number, text: string]> = {
  '+15005550001': [
    21212,
    "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
  ],
  '+15005550007': [
    21606,
    "The 'From' phone number provided is not a valid message-capable Twilio phone number.",
  ],
  '+15005550008': [21611, "This 'From' number has exceeded the maximum number of queued messages."],
};

/** What a Messaging Service sends from. */
const SERVICE_SENDER = '+15005550006';

const refuse = (code: number, message: string): ApiError => ({ http: 400, code, message });

/** Checks the fields of `POST Messages.json` in Twilio's order; a message, or the error Twilio would give. */
export function acceptMessage(fields: URLSearchParams, now: Date): StoredMessage | ApiError {
  const to = fields.get('To');
  const from = fields.get('From');
  const service = fields.get('MessagingServiceSid');
  const body = fields.get('Body');
  if (!to) return refuse(21604, "A 'To' phone number is required.");
  if (!from && !service) return refuse(21603, "A 'From' phone number is required.");
  if (!body) return refuse(21602, 'Message body is required.');
  if (body.length > 1600)
    return refuse(21617, 'The concatenated message body exceeds the 1600 character limit.');
  const magic = MAGIC_TO[to] ?? (from === null ? undefined : MAGIC_FROM[from]);
  if (magic) return refuse(...magic);
  if (!/^\+[1-9]\d{7,14}$/.test(to))
    return refuse(21211, `The 'To' number ${to} is not a valid phone number.`);
  const sid = `SM${randomBytes(16).toString('hex')}`;
  return { sid, to, from, messagingServiceSid: service, body, createdAt: now };
}

/** A message on the wire, as it stands by now. */
export function toResource(message: StoredMessage, outcome: Outcome, accountSid: string, now: Date) {
  const viaService = message.messagingServiceSid !== null;
  const age = now.getTime() - message.createdAt.getTime();
  const { status, errorCode, sentAfterMs, updatedAfterMs } = progressAt(age, outcome, viaService);
  const date = (afterMs: number) =>
    new Date(message.createdAt.getTime() + afterMs).toUTCString().replace('GMT', '+0000');
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: date(0),
    date_sent: sentAfterMs === null ? null : date(sentAfterMs),
    date_updated: date(updatedAfterMs),
    direction: 'outbound-api',
    error_code: errorCode,
    error_message: null,
    from: status === 'accepted' ? null : (message.from ?? SERVICE_SENDER),
    messaging_service_sid: message.messagingServiceSid,
    num_media: '0',
    num_segments: status === 'accepted' ? '0' : String(new SegmentedMessage(message.body).segmentsCount),
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** When it was sent, or accepted if it was not yet. */
export function sentAt(message: StoredMessage, outcome: Outcome, now: Date): Date {
  const age = now.getTime() - message.createdAt.getTime();
  const { sentAfterMs } = progressAt(age, outcome, message.messagingServiceSid !== null);
  return new Date(message.createdAt.getTime() + (sentAfterMs ?? 0));
}
