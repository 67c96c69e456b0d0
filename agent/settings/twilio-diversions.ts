import type { Diversion } from '@spendwise/sandbox';
import { NotConfigured } from '@spendwise/sandbox/errors';
import type { MCPManifest } from '@spendwise/sandbox/manifest';
import { type Environment, variable } from './environment.ts';

const TWILIO = { domain: 'api.twilio.com', port: 443 };
const VARIABLE = 'TWILIO_API_BASE_URL';

/**
 * Diverts calls for api.twilio.com to TWILIO_API_BASE_URL if it is set. Read only for servers that ask for that domain:
 * others start whatever it holds, and do not load the code that reads it. Rejects with NotConfigured.
 */
export const twilioDiversions =
  (environment: Environment) =>
  async ({ runtimePermissions }: MCPManifest): Promise<Diversion[]> => {
    const value = variable(environment, VARIABLE);
    const asked = runtimePermissions.some(
      (p) => p.type === 'domain' && p.domain === TWILIO.domain && p.port === TWILIO.port,
    );
    if (!asked || value === undefined) return [];
    const { readApiBaseUrl } = await import('mcp-server-sms/agreement');
    const read = readApiBaseUrl(value);
    if (!read.ok)
      throw new NotConfigured(`${VARIABLE}: ${read.problem}`, 'fix it, or unset it to use Twilio');
    return read.url === undefined ? [] : [{ ...TWILIO, target: read.url, variable: VARIABLE }];
  };
