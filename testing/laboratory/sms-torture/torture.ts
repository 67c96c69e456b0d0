import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dice, randomFault } from './dice.ts';
import { type FaultyTwilio, startFaultyTwilio } from './faulty-twilio.ts';
import { MortalServer } from './mortal-server.ts';
import { judge, type Told, type Verdict } from './verdict.ts';

export interface TortureOptions {
  readonly sends: number;
  readonly seed: number;
  readonly parallel: number;
  /** Milliseconds between two deaths of a server, about, once some intents have come to an end; 0: none dies. */
  readonly killEveryMs: number;
  readonly drips: boolean;
}

const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
const RECIPIENTS = Array.from({ length: 20 }, (_, at) => `+12025550${100 + at}`);
/** A caller that asks again and again, as an agent might. */
const CALLS = 6;
/** Intents that end between two kills, at least. */
const PROGRESS = 20;

/**
 * Sends under random faults, through two servers that share a folder and are killed at random, by callers that repeat
 * themselves; then holds what they were told against what went out.
 */
export async function torture(options: TortureOptions): Promise<Verdict> {
  const random = dice(options.seed);
  const folder = mkdtempSync(join(tmpdir(), 'sms-torture-'));
  const twilio = await startFaultyTwilio(ACCOUNT_SID, {
    post: () => randomFault(random, options.drips),
    get: () => random() < 0.02,
  });
  const servers = [0, 1].map(() => new MortalServer(environment(twilio, folder)));
  const started = performance.now();
  const told = new Map<string, Told>();
  const [done, kills] = [new AbortController(), { count: 0 }];
  const killing = killAtRandom(servers, options.killEveryMs, random, done.signal, kills, () => told.size);
  try {
    let next = 0;
    const caller = async () => {
      while (next < options.sends) {
        const at = next++;
        const body = `Intent ${at} of ${options.sends}`;
        told.set(body, await insist(servers, at, body, random));
      }
    };
    await Promise.all(Array.from({ length: options.parallel }, caller));
  } finally {
    done.abort();
    await killing;
    await Promise.all(servers.map((server) => server.close()));
    await twilio.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...judge(told, twilio), kills: kills.count, seconds: (performance.now() - started) / 1000 };
}

const environment = (twilio: FaultyTwilio, folder: string) => ({
  PATH: process.env.PATH ?? '',
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_AUTH_TOKEN: 'a-token-of-the-torture',
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_API_BASE_URL: twilio.url.origin,
  SMS_ALLOWED_RECIPIENTS: RECIPIENTS.join(','),
  SMS_MAX_PER_HOUR: '1000000',
  SMS_MAX_PER_DAY: '1000000',
  SMS_MAX_PER_RECIPIENT_PER_DAY: '1000000',
  SMS_STATE_DIR: folder,
});

/** Calls until an answer stands, and at times once more, or at both servers at once. */
async function insist(
  servers: readonly MortalServer[],
  at: number,
  message: string,
  random: () => number,
): Promise<Told> {
  const to = RECIPIENTS[at % RECIPIENTS.length];
  const key = at % 2 === 0 ? { idempotency_key: `intent-${at}` } : {};
  const told: Told = [];
  const call = (server: MortalServer | undefined) => server?.send({ to, message, ...key });
  for (let count = 0; count < CALLS; count += 1) {
    const both = random() < 0.1;
    const chosen = both ? servers : [servers[random() < 0.5 ? 0 : 1]];
    told.push(...(await Promise.all(chosen.map(call))));
    const last = told.at(-1);
    // Any definite word, or that nobody knows: a reasonable caller stops. One in five asks again all the same.
    if (last !== undefined && !last.error?.retryable && random() > 0.2) break;
  }
  return told;
}

async function killAtRandom(
  servers: readonly MortalServer[],
  everyMs: number,
  random: () => number,
  done: AbortSignal,
  kills: { count: number },
  ended: () => number,
): Promise<void> {
  while (everyMs > 0 && !done.aborted) {
    await sleep(everyMs * (0.5 + random()), undefined, { signal: done }).catch(() => {});
    if (done.aborted) return;
    await servers[random() < 0.5 ? 0 : 1]?.kill();
    kills.count += 1;
    // On a slow machine, nobody would get through between two kills.
    for (const before = ended(); !done.aborted && ended() < before + PROGRESS; ) await sleep(20);
  }
}
