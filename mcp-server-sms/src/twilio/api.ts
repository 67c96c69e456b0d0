import type { Config } from '../config.ts';
import { clientFor } from './client.ts';
import { type Message, messageOf } from './message.ts';
import type { Patience } from './retry.ts';

/** A late alert is worthless. By default Twilio tries for ten hours. */
const VALIDITY_SECONDS = 600;
const PAGE_SIZE = 100;

export interface Query {
  readonly to: string;
  /** Only messages sent at this time or later, in milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly pages: number;
}

/** The Twilio calls of this server. They throw the errors of the client; see problemOf. */
export interface TwilioApi {
  /** One POST. Undefined if Twilio accepted it without a message SID. */
  create(text: { to: string; body: string }, patience: Patience): Promise<Message | undefined>;
  fetch(sid: string, patience: Patience): Promise<Message | undefined>;
  /** Messages from our sender to one recipient, newest first. `complete`: there are no more pages. */
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
