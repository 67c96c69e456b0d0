import { randomBytes } from 'node:crypto';
import type { Model } from '../../agent/models/model.ts';
import { openAiModel } from '../../agent/models/openai.ts';
import type { RunReport } from '../../agent/runs/report.ts';
import { type Environment, variable } from '../../agent/settings/environment.ts';
import { modelAccount } from '../../agent/settings/model-account.ts';
import { type SmsAccount, smsAccount, TWILIO_VARIABLES } from '../../agent/settings/sms-account.ts';
import { startModelStandIn } from '../stand-ins/model.ts';
import { startTwilioStandIn, type TwilioStandIn } from '../stand-ins/twilio.ts';

/** What the demo runs on: for each part the real thing when it is configured, else a stand-in. */
export interface DemoParts {
  readonly model: Model;
  readonly modelKind: 'scripted' | 'openai';
  /** Where OPENAI_BASE_URL points; what answers there, nobody knows. */
  readonly modelOrigin: string | undefined;
  readonly sms: SmsAccount;
  readonly twilioKind: RunReport['twilio'];
  /** The operator's variables, with the stand-in's account where there is none of their own. */
  readonly environment: Environment;
  /** The stand-in's inbox page. */
  readonly inboxUrl: URL | undefined;
  /** Lets that page also show what the demo stops. */
  watch(stateDir: string): void;
  /** True when a real account could be charged: then only a person may consent. */
  readonly live: boolean;
  close(): Promise<void>;
}

/** Numbers that nobody has: Twilio's magic sender, and one from the range kept for fiction. */
const STAND_IN_SENDER = '+15005550006';
const STAND_IN_RECIPIENT = '+12025550143';

/** New for every demo: nothing that could be mistaken for a real account. */
const CREDENTIALS = {
  accountSid: `AC${randomBytes(16).toString('hex')}`,
  authToken: randomBytes(16).toString('hex'),
};

const standInAccount = (environment: Environment, url: URL): Environment => ({
  ...environment,
  TWILIO_ACCOUNT_SID: CREDENTIALS.accountSid,
  TWILIO_AUTH_TOKEN: CREDENTIALS.authToken,
  TWILIO_PHONE_NUMBER: STAND_IN_SENDER,
  NOTIFICATION_PHONE: STAND_IN_RECIPIENT,
  TWILIO_API_BASE_URL: url.origin,
});

/** Throws NotConfigured when an account is half set. */
export async function demoParts(environment: Environment): Promise<DemoParts> {
  const account = modelAccount(environment);
  const anySet = [...TWILIO_VARIABLES, 'TWILIO_API_BASE_URL'].some((name) => variable(environment, name));
  const own = anySet ? smsAccount(environment) : undefined;
  // Before anything is started: a stand-in that listens would keep the process alive.
  if (own === undefined) smsAccount(standInAccount(environment, new URL('http://127.0.0.1:1')));
  const closing: { close(): Promise<void> }[] = [];

  let standInEnvironment = environment;
  let twilio: TwilioStandIn | undefined;
  if (own === undefined) {
    twilio = await startTwilioStandIn(CREDENTIALS);
    closing.push(twilio);
    standInEnvironment = standInAccount(environment, twilio.url);
  }
  let model: Model;
  if (account === undefined) {
    const standIn = await startModelStandIn();
    closing.push(standIn);
    model = openAiModel({ apiKey: 'stand-in', baseUrl: standIn.url.href, model: 'scripted-rules' });
  } else {
    model = openAiModel(account);
  }
  const sms = own ?? smsAccount(standInEnvironment);
  return {
    model,
    modelKind: account === undefined ? 'scripted' : 'openai',
    modelOrigin: account?.baseUrl && new URL(account.baseUrl).origin,
    sms,
    twilioKind: own === undefined ? 'stand-in' : sms.kind,
    environment: standInEnvironment,
    inboxUrl: twilio?.url,
    watch: (stateDir) => twilio?.watch(stateDir),
    live: sms.kind === 'live' || (account !== undefined && !isLoopback(account.baseUrl)),
    close: async () => {
      await Promise.all(closing.map((part) => part.close()));
    },
  };
}

const isLoopback = (baseUrl: string | undefined): boolean =>
  /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(URL.parse(baseUrl ?? '')?.hostname ?? '');
