/** What to do about Twilio's error codes. Source: Twilio's error dictionary. */
const HINTS: Record<number, string> = {
  20003:
    'check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: live and test credentials differ, and the account may be suspended',
  20404: 'check TWILIO_ACCOUNT_SID: Twilio does not know this account',
  20429: 'too many requests: wait, then try again',
  21211: 'the recipient is not a valid number: write it in E.164, such as +41791234567',
  21212: 'TWILIO_PHONE_NUMBER is not a valid sender',
  21408: "switch the recipient's country on in Twilio's messaging geo permissions",
  21606: 'TWILIO_PHONE_NUMBER cannot send texts to this recipient: use a number of your account that can',
  21608: 'a trial account only texts verified numbers: verify the recipient at Twilio',
  21610: 'the recipient replied STOP: texts stay off until they reply START',
  21611: "the sender's queue is full: wait, then try again",
  21612: 'this sender cannot reach this recipient: use another number',
  21614: 'the recipient cannot receive texts (a landline?)',
  21617: 'the text is too long',
  21658: 'the text is too long',
  30003: 'the phone was off or out of reach',
  30004: 'the recipient or the carrier blocks texts of this sender',
  30005: 'the number is not in use',
  30006: 'the number cannot receive texts (a landline?)',
  30007: 'the carrier filtered it out as unwanted',
  30008: 'the carrier gave no reason',
  30034: 'register the sender for A2P 10DLC at Twilio',
  30450: 'Twilio blocked this as suspected SMS pumping',
  63038: "the account's daily cap is reached: wait until tomorrow",
};

export const hintFor = (code: number | undefined, httpStatus: number): string =>
  (code === undefined ? undefined : HINTS[code]) ??
  (httpStatus === 401 || httpStatus === 403
    ? (HINTS[20003] as string)
    : code === undefined
      ? "see the account's message log at Twilio"
      : `look up error ${code} in Twilio's error dictionary`);
