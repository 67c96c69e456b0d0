import type { Config } from './config.ts';
import { maskPhone, parsePhone } from './phone.ts';
import { SendLog } from './state/send-log.ts';
import { openState } from './state/state-file.ts';

/** `mcp-server-sms --forget-opt-out NUMBER`: for the operator, after the recipient replied START. */
export function forgetOptOut(config: Config, number: string | undefined): { ok: boolean; message: string } {
  const recipient = number === undefined ? undefined : parsePhone(number);
  if (recipient === undefined) return { ok: false, message: '--forget-opt-out needs a number in E.164' };
  if (config.stateDir === undefined)
    return {
      ok: false,
      message: 'SMS_STATE_DIR is not set: opt-outs are in memory, and a restart forgets them',
    };
  const sendLog = new SendLog(openState(config.stateDir), config.limits);
  const known = sendLog.forgetOptOut(recipient);
  sendLog.close();
  const masked = maskPhone(recipient);
  return { ok: true, message: known ? `${masked} gets texts again` : `${masked} had not opted out` };
}
