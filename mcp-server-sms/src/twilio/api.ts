import type { Config } from '../config.ts';
import { clientFor } from './client.ts';
import { type Message, messageOf } from './message.ts';
import type { Patience } from './retry.ts';

/** An alert about this week's money is worth nothing tomorrow; Twilio would try for ten hours. */
const VALIDITY_SECONDS = 600;
const PAGE_SIZE = 100;

export interface Query {
  readonly to: string;
  /** Only what was sent at this time or later; milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly pages: number;
}

/** The calls that this server makes. Each throws the client's errors; see problemOf. */
export interface TwilioApi {
  /** One POST. Undefined: Twilio accepted, but named no message. */
  create(text: { to: string; body: string }, patience: Patience): Promise<Message | undefined>;
  fetch(sid: string, patience: Patience): Promise<Message | undefined>;
  /** Messages from our sender to one recipient, newest first; `complete`: there are no others. */
  list(query: Query, patience: Patience): Promise<{ messages: Message[]; complete: boolean }>;
}

export function twilioApi(config: Config): TwilioApi {
  return {
    async create({ to, body }, patience) {
      const client = await clientFor(config, patience);
      return messageOf(
        await client.messages.create({ to, ...config.sender, body, validityPeriod: VALIDITY_SECONDS }),
      );
    },
    async fetch(sid, patience) {
      const client = await clientFor(config, patience);
      return messageOf(await client.messages(sid).fetch());
    },
    async list({ to, since, pages }, patience) {
      const client = await clientFor(config, patience);
      const messages: Message[] = [];
      let page = await client.messages.page({
        to,
        ...('from' in config.sender ? { from: config.sender.from } : {}),
        ...(since === undefined ? {} : { dateSentAfter: new Date(since) }),
        pageSize: PAGE_SIZE,
      });
      for (let count = 1; ; count += 1) {
        messages.push(...page.instances.map(messageOf).filter((message) => message !== undefined));
        if (!page.nextPageUrl) return { messages, complete: true };
        if (count >= pages) return { messages, complete: false };
        page = await client.messages.getPage(page.nextPageUrl);
      }
    },
  };
}
