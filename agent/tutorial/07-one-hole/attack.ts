import dns from 'node:dns/promises';
import { createServer } from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { DomainPort } from '@spendwise/sandbox';
import { closeServer, listenOnLoopback } from '../../../testing/stand-ins/listen.ts';
import { Dialer } from '../../sandbox/broker/dial.ts';
import { createRunCa } from '../../sandbox/broker/run-ca.ts';
import type { Attack } from '../attack.ts';
import { runThief } from '../stage/thief.ts';

const SITE = 'weather.example.com';
const DIARY = 'Dear diary, the safe opens with 4711.';

export const attack: Attack = {
  attempt: 'a server that was granted its own site makes the name of it lead to this machine',
  sandboxed: true,
  async run(stage) {
    const read: string[] = [];
    const { issue } = await createRunCa([SITE]);
    const diary = createServer(await issue(SITE), (request, response) => {
      read.push(`${request.method} ${request.url}`);
      response.end(DIARY);
    });
    const { port } = await listenOnLoopback(diary, 0);
    stage.closing({ close: () => closeServer(diary) });
    stage.closing(answerDns('127.0.0.1'));

    stage.say(`the owner of ${SITE} changes its address to 127.0.0.1, where your diary listens`);
    const egress = await runThief(stage, {
      folder: import.meta.dirname,
      network: [new DomainPort(SITE, Number(port))],
      env: { WEATHER_URL: `https://${SITE}:${port}/today` },
    });

    if (read.length > 0) return { held: false, seen: `your diary answered ${read}: ${DIARY}` };
    await assertDials('8.8.8.8');
    const denied = egress.find(({ verdict }) => verdict === 'denied');
    return {
      held: true,
      seen: denied ? `the broker denied it: ${denied.reason}` : 'nothing reached the broker',
    };
  },
};

/** In place of the DNS of the site's owner: this process asks no other for that name. */
function answerDns(address: string): { close(): void } {
  const { lookup } = dns;
  const answer = async (name: string, options: object) =>
    name === SITE ? [{ address, family: 4 }] : lookup(name, options);
  const put = (value: unknown) => {
    Object.assign(dns, { lookup: value });
    syncBuiltinESMExports();
  };
  put(answer);
  return { close: () => put(lookup) };
}

/** A broker that dials nowhere would stop the attack too, and be of no use. Nothing is dialled here. */
async function assertDials(address: string): Promise<void> {
  const dialer = new Dialer(async () => [{ address, family: 4 }]);
  const found = await dialer.addressOf(SITE).catch(() => undefined);
  if (found?.address !== address) throw new Error(`${SITE} is not dialled at a public address either`);
}
