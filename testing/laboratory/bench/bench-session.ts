import { alertSettings } from '../../../agent/alerts/settings.ts';
import { Session } from '../../../agent/app/session.ts';
import type { Model } from '../../../agent/models/model.ts';
import { GrantStore } from '../../../agent/sandbox/consent/grants.ts';
import { processRuntime } from '../../../agent/sandbox/runtimes/process.ts';
import { smsAccount } from '../../../agent/settings/sms-account.ts';
import type { householdEnvironment } from '../../support/household.ts';

/** The app with both servers as plain processes, and nobody to ask. */
export const benchSession = (
  env: ReturnType<typeof householdEnvironment>,
  model: Model,
  today?: Temporal.PlainDate,
): Promise<Session> =>
  Session.open({
    environment: env,
    database: env.SPENDWISE_DB,
    stateDir: env.SPENDWISE_STATE_DIR,
    today,
    sms: smsAccount(env),
    alerts: alertSettings({}),
    runtime: processRuntime({ unsandboxed: false }),
    model,
    consent: {
      ui: undefined,
      grantAll: { because: 'bench', notice: () => {} },
      store: new GrantStore(env.SPENDWISE_STATE_DIR),
      howToGrant: '',
    },
    approve: undefined,
    preApproved: false,
    signal: new AbortController().signal,
    notice: () => {},
  });
