import { join } from 'node:path';
import { UsageError } from '@spendwise/sandbox/errors';
import { ours, shown } from '@spendwise/sandbox/shown';
import { readDotEnv, writeDotEnv } from '../../../settings/dot-env.ts';
import { type Environment, loadEnvironment, variable } from '../../../settings/environment.ts';
import { TWILIO_VARIABLES } from '../../../settings/sms-account.ts';
import type { Ask } from './household.ts';

const WHAT = {
  TWILIO_ACCOUNT_SID: 'Twilio account, AC…',
  TWILIO_AUTH_TOKEN: 'its token',
  TWILIO_PHONE_NUMBER: 'the number that texts come from',
  NOTIFICATION_PHONE: 'your number, where they go',
  OPENAI_API_KEY: 'for `spendwise agent`',
} as const;
const SECRETS = new Set<string>(['TWILIO_AUTH_TOKEN', 'OPENAI_API_KEY']);

/**
 * Asks for the keys, and writes them to `.env` of the folder. What is set already stays, unless the user says otherwise.
 * The path of the file; undefined if there was nothing to write.
 */
export async function askKeys(
  ask: Ask,
  folder: string,
  environment: Environment,
): Promise<string | undefined> {
  const { readConfig } = await import('mcp-server-sms/agreement');
  const file = join(folder, '.env');
  const before = readDotEnv(file);
  const inFile = loadEnvironment(folder, {});
  const values: Record<string, string> = {};
  ask.say(ours`Keys, for ${shown(file)}. Enter leaves one out. Keys and tokens are not shown.`);
  for (const name of [...TWILIO_VARIABLES, 'OPENAI_API_KEY'] as const) {
    if (variable(environment, name) !== undefined) {
      if (variable(inFile, name) === undefined || variable(inFile, name) !== variable(environment, name)) {
        ask.say(ours`${shown(name)}: set in your environment, which counts`);
        continue;
      }
      if (!(await ask.confirm(ours`${shown(name)} is set. Replace it?`))) continue;
    }
    const read = (text: string) => {
      const config = text === '' ? undefined : readConfig({ ...environment, ...values, [name]: text });
      const problem = config?.ok === false && config.problems.find((each) => each.startsWith(`${name}:`));
      if (problem) throw new UsageError(problem, 'try again, or press Enter');
      return text;
    };
    const prompt = ours`${shown(name)} (${shown(WHAT[name])}): `;
    const value = await (SECRETS.has(name) ? ask.secret(prompt, read) : ask.line(prompt, read));
    if (value !== '') values[name] = value;
  }
  if (Object.keys(values).length === 0) return undefined;
  writeDotEnv(file, before, values);
  return file;
}
