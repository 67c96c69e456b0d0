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
/** A network at home, the keys of a machine in the cloud, and one address of each kind. */
const INSIDE = [['10.0.0.1'], ['169.254.169.254'], ['8.8.8.8', '127.0.0.1']];
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
    for (const addresses of INSIDE)
      if (await dials(addresses)) return { held: false, seen: `a name with ${addresses} would be dialled` };
    // A broker that dials nowhere would stop the attack too, and be of no use.
    if (!(await dials(['8.8.8.8']))) throw new Error(`${SITE} is not dialled at a public address either`);
    const denied = egress.find(({ verdict }) => verdict === 'denied');
    if (denied === undefined) throw new Error('the site was not reached, and the broker has denied nothing');
    return { held: true, seen: `the broker denied it: ${denied.reason}` };
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

/** Whether the broker would dial a name with these addresses. Nothing is dialled here. */
const dials = (addresses: readonly string[]): Promise<boolean> =>
  new Dialer(async () => addresses.map((address) => ({ address, family: 4 }))).addressOf(SITE).then(
    () => true,
    () => false,
  );
