import type { Config } from './config.ts';
import { createInquiry, type Inquiry } from './inquiry.ts';
import { createLookUp } from './send/look-up.ts';
import { createSender, type Sender } from './send/sender.ts';
import { TIMING, type Timing } from './send/timing.ts';
import { openState } from './state/database.ts';
import { Ledger } from './state/ledger.ts';
import { twilioApi } from './twilio/api.ts';

/** One for the process: every session's server is made over it, so that the guards count for all of them together. */
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

/** Throws an Error that says what is wrong with SMS_STATE_DIR. */
export function createService(config: Config, { timing = TIMING, now, warn }: ServiceOptions): Service {
  const ledger = new Ledger(openState(config.stateDir), config.limits, now && (() => now().getTime()));
  const api = twilioApi(config);
  const lookUp = createLookUp({ config, ledger, api, timing });
  return {
    send: createSender({ config, ledger, api, lookUp, timing, warn, ...(now ? { now } : {}) }),
    inquiry: createInquiry({ config, ledger, api, lookUp, timing }),
    close: () => ledger.close(),
  };
}
