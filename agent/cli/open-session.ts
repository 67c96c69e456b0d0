import type { Runtime } from '@spendwise/sandbox';
import type { ConsentOptions } from '@spendwise/sandbox/consent';
import { GrantStore } from '@spendwise/sandbox/consent';
import { pickRuntime, type SessionFlags, sayIfNotSandboxed } from '@spendwise/sandbox/pick-runtime';
import { ours, shown } from '@spendwise/sandbox/shown';
import { alertSettings } from '../alerts/settings.ts';
import { Session, type SessionOptions } from '../app/session.ts';
import { openAiModel } from '../models/openai.ts';
import { type Environment, loadEnvironment, stateDir } from '../settings/environment.ts';
import { requireModelAccount } from '../settings/model-account.ts';
import { type SmsAccount, smsAccount } from '../settings/sms-account.ts';
import { ownDatabase } from './own-database.ts';
import { sandboxHost } from './sandbox-host.ts';
import type { Host } from './terminal/host.ts';

export interface AgentFlags extends SessionFlags {
  readonly approveOwnTexts: boolean;
}

export interface OpenedSession {
  readonly session: Session;
  readonly runtime: Runtime;
  readonly model: { readonly kind: 'openai'; readonly name: string };
  readonly twilio: 'override' | 'live';
}

/** Opens a session with the configured accounts, for `agent ask` and `agent chat`. */
export async function openSession(
  flags: AgentFlags,
  host: Host,
  signal: AbortSignal,
  onEgress?: SessionOptions['onEgress'],
): Promise<OpenedSession> {
  const environment = loadEnvironment();
  const account = requireModelAccount(environment);
  const sms = smsAccount(environment);
  const runtime = await pickRuntime(flags, environment, host, sandboxHost);
  sayIfDiverted(sms, host);
  sayIfNotSandboxed(runtime, host.err, host.say);
  const model = openAiModel(account);
  const session = await Session.open({
    environment,
    database: ownDatabase(environment),
    stateDir: stateDir(environment),
    today: undefined,
    sms,
    alerts: alertSettings(environment),
    runtime,
    model,
    consent: consentOptions(flags, host, environment),
    approve: host.ui?.approve,
    preApproved: flags.approveOwnTexts,
    signal,
    ...(onEgress ? { onEgress } : {}),
    notice: host.warn,
    busy: host.busy,
  });
  return { session, runtime, model: { kind: 'openai', name: model.name }, twilio: sms.kind };
}

/** Consent from the user at the terminal, from `--yes`, or from earlier grants. */
export const consentOptions = (
  { yes }: Pick<SessionFlags, 'yes'>,
  { ui, say, err }: Host,
  environment: Environment,
): ConsentOptions => ({
  ui,
  grantAll: yes ? { because: '--yes', notice: (line) => say(err.dim(line)) } : undefined,
  store: new GrantStore(stateDir(environment)),
  howToGrant: 'run it once in a terminal and answer there, or pass --yes to grant them for this run',
});

export function sayIfDiverted({ config }: SmsAccount, { say, err }: Host): void {
  if (config.apiBaseUrl === undefined) return;
  say(
    err.yellow(
      ours`TWILIO_API_BASE_URL is set: texts go to ${shown(config.apiBaseUrl.origin)}, not to Twilio`,
    ),
  );
}
