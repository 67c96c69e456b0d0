import { SegmentedMessage } from 'sms-segments-calculator';

/** How the text travels: GSM-7 or UCS-2, and in how many billed parts. Measured as Twilio counts. */
export function measure(body: string): { segments: number; encoding: 'GSM-7' | 'UCS-2' } {
  if (body === '') return { segments: 0, encoding: 'GSM-7' };
  const message = new SegmentedMessage(body);
  return { segments: message.segmentsCount, encoding: message.encodingName === 'GSM-7' ? 'GSM-7' : 'UCS-2' };
}
