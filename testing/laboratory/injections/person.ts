import { GrantStore } from '../../../agent/sandbox/consent/grants.ts';
import type { Runtime } from '../../../agent/sandbox/plan/runtime.ts';
import { smsAccount } from '../../../agent/settings/sms-account.ts';
import type { AlertRunOptions } from './alert-run.ts';
import { MORE_TEXTS } from './cast.ts';
import type { HomeFolder } from './home.ts';
import type { Outside } from './outside.ts';

/** What the app is started with by the person whom the attacks are meant for: their data, their account, their consent. */
export const startedBy = (
  { database, stateDir }: HomeFolder,
  { environment }: Outside,
  today: Temporal.PlainDate,
  runtime: Runtime,
): Omit<AlertRunOptions, 'onEgress'> => ({
  environment: { ...environment, ...MORE_TEXTS },
  database,
  stateDir,
  today,
  sms: smsAccount(environment),
  runtime,
  consent: {
    ui: undefined,
    grantAll: { because: 'stand-ins', notice: () => {} },
    store: new GrantStore(stateDir),
    howToGrant: '',
  },
  signal: new AbortController().signal,
  notice: () => {},
});
