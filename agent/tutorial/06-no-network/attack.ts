import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { HostPort } from '@spendwise/sandbox';
import { closeServer, listenOnLoopback, readBody } from '../../../testing/stand-ins/listen.ts';
import type { Attack } from '../attack.ts';
import { runThief } from '../stage/thief.ts';

export const attack: Attack = {
  attempt: 'a server sends the token it was given to a listener that nobody granted',
  sandboxed: true,
  async run(stage) {
    const token = `calendar-${randomBytes(8).toString('hex')}`;
    const known: (string | undefined)[] = [];
    const calendar = createServer(async (request, response) => {
      known.push(await readBody(request, 1_000));
      response.end();
    });
    const url = await listenOnLoopback(calendar, 0);
    stage.closing({ close: () => closeServer(calendar) });

    await runThief(stage, {
      folder: import.meta.dirname,
      network: [new HostPort(url.hostname, Number(url.port))],
      env: { CALENDAR_TOKEN: token, CALENDAR_URL: url.href, THIEF_URL: stage.thief.url.href },
    });

    const loot = stage.thief.heard.find((request) => request.includes(token));
    if (loot !== undefined) return { held: false, seen: `in the thief's log: ${loot}` };
    if (!known.includes(token))
      throw new Error('the token did not reach the calendar either, which was granted');
    return {
      held: true,
      seen: 'the calendar got the token, the thief heard nothing: in there is no network',
    };
  },
};
