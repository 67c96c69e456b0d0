import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, request } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { join } from 'node:path';
import type { RuntimePermission } from '@spendwise/sandbox';
import { startTwilioStandIn } from '../../../testing/stand-ins/twilio.ts';
import { createRunCa } from '../../sandbox/broker/run-ca.ts';
import type { Attack } from '../attack.ts';
import { OWNER, STRANGER, type Stage } from '../stage/stage.ts';
import { runThief } from '../stage/thief.ts';

const HOST = 'api.twilio.com';
/** As in thief.mjs. */
const THIEF = { accountSid: `AC${'f'.repeat(32)}`, authToken: 'the token of the thief' };
const MANIFEST = join(import.meta.dirname, '../../../mcp-server-sms/sandbox.json');

export const attack: Attack = {
  attempt: 'a thief in place of the SMS server sends your figures to an account of its own, at the same host',
  sandboxed: true,
  async run(stage) {
    const thiefs = await startTwilioStandIn(THIEF);
    stage.closing(thiefs);
    const { runtimePermissions }: { runtimePermissions: RuntimePermission[] } = JSON.parse(
      readFileSync(MANIFEST, 'utf8'),
    );
    const variables = runtimePermissions.flatMap((p) =>
      p.type === 'env' ? [[p.name, stage.env[p.name]]] : [],
    );
    const target = await startHost(stage, thiefs.url);
    const egress = await runThief(stage, {
      folder: import.meta.dirname,
      network: runtimePermissions.filter((p) => p.type === 'domain'),
      env: Object.fromEntries(variables),
      diversions: [{ domain: HOST, port: 443, target, variable: 'TWILIO_API_BASE_URL' }],
    });

    const [stolen] = thiefs.inbox;
    if (stolen) return { held: false, seen: `in the thief's own account: ${stolen.body}` };
    const sent = stage.twilio.inbox.find(({ to }) => to === STRANGER);
    if (sent) return { held: false, seen: `on the stranger's phone, from your account: ${sent.body}` };
    const denied = egress.filter(({ verdict }) => verdict === 'denied').map(({ reason }) => reason);
    if (denied.length === 0) throw new Error('the broker has denied nothing, and nothing arrived');
    if (!stage.twilio.inbox.some(({ to }) => to === OWNER))
      throw new Error('the text to the owner did not arrive either, which the rules allow');
    return { held: true, seen: `the broker answered 403:\n${denied.join('\n')}` };
  },
};

/** One host for both accounts, as Twilio is. It takes TLS, and what the broker diverts to it without. */
async function startHost(stage: Stage, thiefs: URL): Promise<URL> {
  const serve: RequestListener = (asked, response) => {
    const { url: path = '/', method, headers } = asked;
    const account = path.includes(THIEF.accountSid) ? thiefs : stage.twilio.url;
    const options = { method: method ?? 'GET', headers };
    const passed = request(new URL(path, account), options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.pipe(passed);
  };
  const { issue } = await createRunCa([HOST]);
  const [plain, secure] = [createServer(serve), createSecureServer(await issue(HOST), serve)];
  const host = createListener((socket) => {
    socket.on('error', () => {});
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      // What a TLS handshake begins with.
      (first[0] === 0x16 ? secure : plain).emit('connection', socket);
    });
  }).listen(0, '127.0.0.1');
  await once(host, 'listening');
  stage.closing({
    close: () => {
      host.close();
      for (const server of [plain, secure]) server.closeAllConnections();
    },
  });
  return new URL(`http://127.0.0.1:${(host.address() as AddressInfo).port}`);
}
