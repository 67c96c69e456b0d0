import type { Config } from './config.ts';
import { createInquiry, type Inquiry } from './inquiry.ts';
import { createLookUp } from './send/look-up.ts';
import { createSender, type Sender } from './send/sender.ts';
import { TIMING, type Timing } from './send/timing.ts';
import { SendLog } from './state/send-log.ts';
import { openState } from './state/state-file.ts';
import { twilioApi } from './twilio/api.ts';

/** One for the process: all sessions share it, so limits apply to all of them together. */
export interface Service {
  readonly send: Sender;
  readonly inquiry: Inquiry;
  close(): void;
}

export interface ServiceOptions {
  readonly timing?: Timing;
  readonly now?: () => Date;
  readonly warn: (line: string) => void;
}

/** Throws an Error if SMS_STATE_DIR cannot be used. */
export function createService(config: Config, { timing = TIMING, now, warn }: ServiceOptions): Service {
  const sendLog = new SendLog(openState(config.stateDir), config.limits, now && (() => now().getTime()));
  const api = twilioApi(config);
  const lookUp = createLookUp({ config, sendLog, api, timing });
  return {
    send: createSender({ config, sendLog, api, lookUp, timing, warn, ...(now ? { now } : {}) }),
    inquiry: createInquiry({ config, sendLog, api, lookUp, timing }),
    close: () => sendLog.close(),
  };
}
