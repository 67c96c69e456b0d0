import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@spendwise/sandbox';
import { GrantStore } from '@spendwise/sandbox/consent';
import { closeServer, listenOnLoopback, readBody } from '../../../testing/stand-ins/listen.ts';
import { type Decide, startModelStandIn } from '../../../testing/stand-ins/model.ts';
import { type PostStage, startTwilioStandIn, type TwilioStandIn } from '../../../testing/stand-ins/twilio.ts';
import { alertSettings } from '../../alerts/settings.ts';
import { Session, type SessionOptions } from '../../app/session.ts';
import type { AgentEvent } from '../../loop/agent-loop.ts';
import { openAiModel } from '../../models/openai.ts';
import { smsAccount } from '../../settings/sms-account.ts';
import { originalScenario } from '../../spending/seed/original.ts';
import { writeSeed } from '../../spending/seed/write.ts';

/** Numbers from the ranges kept for fiction. */
export const OWNER = '+12025550143';
export const STRANGER = '+12025550199';

/** What an attack plays on: a household with throw-away data and secrets, stand-ins, a thief. All on this machine. */
export interface Stage {
  readonly folder: string;
  readonly database: string;
  readonly stateDir: string;
  /** The phone network. Its `inbox` is the evidence of what went out. */
  readonly twilio: TwilioStandIn;
  /** The variables of the household. The token is made up. */
  readonly env: Readonly<Record<string, string>>;
  /** Called while Twilio holds a text: it has it, and has not answered yet. */
  onAccepted(then: () => void): void;
  readonly runtime: Runtime;
  readonly thief: Thief;
  readonly signal: AbortSignal;
  /** One line of what happens. */
  say(line: string): void;
  /** The app with its two servers. By default the model is the scripted one, and nobody approves anything. */
  openSession(options?: Partial<SessionOptions> & { readonly decide?: Decide }): Promise<Session>;
  /** Closes at the end, in reverse order. */
  closing(part: { close(): unknown }): void;
}

/** A listener of the attacker's on this machine's loopback. */
export interface Thief {
  readonly url: URL;
  /** What reached it: method, path and body. */
  readonly heard: readonly string[];
}

export interface StageOptions {
  readonly runtime: Runtime;
  readonly say: (line: string) => void;
}

/** Sets the stage, plays, and takes everything away again. */
export async function onStage<T>(
  { runtime, say }: StageOptions,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'spendwise-lesson-'));
  const parts: { close(): unknown }[] = [];
  try {
    return await play(await setStage(folder, { runtime, say }, parts));
  } finally {
    for (const part of parts.reverse()) await part.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function setStage(
  folder: string,
  { runtime, say }: StageOptions,
  parts: { close(): unknown }[],
): Promise<Stage> {
  const [database, stateDir] = [join(folder, 'data', 'spendwise.db'), join(folder, 'state')];
  const zone = Temporal.Now.timeZoneId();
  mkdirSync(join(folder, 'data'));
  writeSeed(database, originalScenario(Temporal.Now.plainDateISO(zone)), zone);
  // Made-up data: an engine that gives containers ids of their own must be able to read it.
  chmodSync(database, 0o644);
  const account = {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
  };
  let accepted = () => {};
  const onPost = async (stage: PostStage) => void (stage === 'accepted' && accepted());
  const twilio = await startTwilioStandIn(account, { onPost });
  parts.push(twilio);
  const thief = await startThief();
  parts.push(thief);
  const env = {
    SPENDWISE_DB: database,
    SPENDWISE_STATE_DIR: stateDir,
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_PHONE_NUMBER: '+15005550006',
    NOTIFICATION_PHONE: OWNER,
    TWILIO_API_BASE_URL: twilio.url.origin,
  };
  const signal = new AbortController().signal;
  return {
    ...{ folder, database, stateDir, twilio, env, runtime, thief, signal, say },
    onAccepted: (then) => {
      accepted = then;
    },
    closing: (part) => void parts.push(part),
    openSession: async ({ decide, ...options } = {}) => {
      const wire = await startModelStandIn(decide === undefined ? {} : { decide });
      parts.push(wire);
      const session = await Session.open({
        environment: env,
        database,
        stateDir,
        today: undefined,
        sms: smsAccount(env),
        alerts: alertSettings({}),
        runtime,
        model: openAiModel({ apiKey: 'stand-in', baseUrl: wire.url.href, model: 'scripted-rules' }),
        consent: {
          ui: undefined,
          grantAll: { because: 'a lesson', notice: () => {} },
          store: new GrantStore(stateDir),
        },
        approve: undefined,
        preApproved: false,
        signal,
        notice: () => {},
        ...options,
      });
      parts.push(session);
      return session;
    },
  };
}

async function startThief(): Promise<Thief & { close(): Promise<void> }> {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    heard.push(`${request.method} ${request.url} ${(await readBody(request, 1_000_000)) ?? ''}`.trim());
    response.end('thank you\n');
  });
  const url = await listenOnLoopback(server, 0);
  return { url, heard, close: () => closeServer(server) };
}

/** Runs a request to the agent to its end, and returns the events. An error of the run is the last word, not an exception. */
export async function runToEnd(
  session: Session,
  prompt: string,
  signal: AbortSignal,
): Promise<{ readonly events: readonly AgentEvent[]; readonly error: unknown }> {
  const events: AgentEvent[] = [];
  try {
    for await (const event of session.run(prompt, signal)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}
