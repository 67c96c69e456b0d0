import { SegmentedMessage } from 'sms-segments-calculator';

/** Encoding and number of billed parts, as Twilio counts them. */
export function measure(body: string): { segments: number; encoding: 'GSM-7' | 'UCS-2' } {
  if (body === '') return { segments: 0, encoding: 'GSM-7' };
  const message = new SegmentedMessage(body);
  return { segments: message.segmentsCount, encoding: message.encodingName === 'GSM-7' ? 'GSM-7' : 'UCS-2' };
}
