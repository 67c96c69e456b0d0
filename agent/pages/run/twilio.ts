import { ours, type Shown } from '@spendwise/sandbox/shown';
import type { Story } from './story.ts';

/** What stood for Twilio in a run, in words. */
interface Twilio {
  /** Said first, unless it was Twilio itself. */
  readonly warning?: Shown;
  readonly fact: Shown;
  /** What became of one text, and of several. */
  readonly sent: readonly [one: Shown, many: Shown];
  /** Whom a text was `sent` to. */
  readonly to: Shown;
  /** Beside its host, which only the servers believe to be Twilio's. */
  readonly host: Shown;
  readonly phone: Shown;
}

const WENT_OUT = [ours`text went out`, ours`texts went out`] as const;
const PHONE = ours`Phone`;
const KINDS: Readonly<Record<string, Twilio>> = {
  'stand-in': {
    warning: ours`Nothing was really sent: Twilio was a stand-in on the same machine.`,
    fact: ours`a stand-in`,
    sent: [ours`text reached the stand-in phone`, ours`texts reached the stand-in phone`],
    to: ours` to the stand-in`,
    host: ours`, a stand-in`,
    phone: ours`Stand-in`,
  },
  override: {
    warning: ours`TWILIO_API_BASE_URL is set: texts go to that address, not to Twilio.`,
    fact: ours`another address`,
    sent: [ours`text went out, not to Twilio`, ours`texts went out, not to Twilio`],
    to: ours`, not to Twilio`,
    host: ours`, not Twilio`,
    phone: PHONE,
  },
  live: { fact: ours`live`, sent: WENT_OUT, to: ours``, host: ours``, phone: PHONE },
};
const NOT_KNOWN: Twilio = {
  warning: ours`It is not on record whether texts went to Twilio or to a stand-in.`,
  fact: ours`not known`,
  sent: WENT_OUT,
  to: ours``,
  host: ours``,
  phone: PHONE,
};

export const twilioOf = ({ twilio }: Story): Twilio =>
  (Object.hasOwn(KINDS, twilio) && KINDS[twilio]) || NOT_KNOWN;

/** Where the SMS server believes that it sends texts. */
export const TWILIO_HOST = 'api.twilio.com';
