import { onTestFinished } from 'vitest';
import { alertSettings } from '../../agent/alerts/settings.ts';
import { Session, type SessionOptions } from '../../agent/app/session.ts';
import { GrantStore } from '../../agent/sandbox/consent/grants.ts';
import type { Runtime } from '../../agent/sandbox/plan/runtime.ts';
import { smsAccount } from '../../agent/settings/sms-account.ts';
import { household } from './household.ts';

/** The app with both servers under a runtime, and a model that is not to be asked; gone when the test is over. */
export async function openTestSession(
  runtime: Runtime,
  options: Partial<Pick<SessionOptions, 'model' | 'notice'>> = {},
) {
  const home = await household();
  const session = await Session.open({
    environment: home.env,
    database: home.database,
    stateDir: home.env.SPENDWISE_STATE_DIR,
    today: undefined,
    sms: smsAccount(home.env),
    alerts: alertSettings({}),
    runtime,
    model: { name: 'none', respond: () => Promise.reject(new Error('not asked')) as never },
    consent: {
      ui: undefined,
      grantAll: { because: 'test', notice: () => {} },
      store: new GrantStore(home.env.SPENDWISE_STATE_DIR),
      howToGrant: '',
    },
    approve: undefined,
    preApproved: false,
    signal: new AbortController().signal,
    notice: () => {},
    ...options,
  });
  onTestFinished(() => session.close());
  return { ...home, session };
}
