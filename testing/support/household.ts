import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { originalScenario } from '../../agent/spending/seed/original.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { startTwilioStandIn, type TwilioStandIn } from '../stand-ins/twilio.ts';
import { temporaryFolder } from './folder.ts';

export const ACCOUNT = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'the-auth-token-of-the-test' };
export const OWNER = '+12025550143';

export interface Household {
  readonly folder: string;
  readonly database: string;
  readonly twilio: TwilioStandIn;
  /** Environment of a person with an account at the stand-in and a seeded database; without a model. */
  readonly env: ReturnType<typeof householdEnvironment>;
}

/** A seeded database, a state folder and a Twilio stand-in; gone when the test is over. */
export async function household(): Promise<Household> {
  const folder = temporaryFolder();
  const database = join(folder, 'data', 'spendwise.db');
  const zone = Temporal.Now.timeZoneId();
  writeSeed(database, originalScenario(Temporal.Now.plainDateISO(zone)), zone);
  const twilio = await startTwilioStandIn(ACCOUNT);
  onTestFinished(() => twilio.close());
  return { folder, database, twilio, env: householdEnvironment(folder, twilio.url) };
}

/** The variables of a person whose texts go to a stand-in. */
export const householdEnvironment = (folder: string, twilio: URL) => ({
  SPENDWISE_DB: join(folder, 'data', 'spendwise.db'),
  SPENDWISE_STATE_DIR: join(folder, 'state'),
  TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
  TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
  TWILIO_PHONE_NUMBER: '+15005550006',
  NOTIFICATION_PHONE: OWNER,
  TWILIO_API_BASE_URL: twilio.origin,
});
