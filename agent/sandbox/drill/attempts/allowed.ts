import { type AttemptClass, inside } from '../attempt.ts';

/** And yet what was granted works: a sandbox that lets nothing through would hold as well. Comes last. */
export const allowed: AttemptClass = {
  name: 'allowed',
  must: 'what was granted works, and nothing more comes of it',
  attempts: [
    {
      id: 'text',
      attempt: 'text the owner, with a credential and headers of its own',
      code: inside(({ api, form }, { MESSAGES, OWNER, SENDER }) =>
        api(MESSAGES, {
          ...form({ To: OWNER, From: SENDER, Body: 'allowed' }),
          headers: { authorization: `Basic ${btoa('ACattacker:token')}`, 'x-evil': '1', cookie: 'a=b' },
        }),
      ),
      expected: /^201 .*"queued"/,
      mayReach: /^POST \S+\/Messages\.json$/,
      reaches: { body: /^To=%2B12025550143&From=%2B15005550006&Body=allowed$/ },
    },
    {
      id: 'own-messages',
      attempt: "look the owner's messages up",
      code: inside(({ api }, { MESSAGES, OWNER }) => api(`${MESSAGES}?To=${encodeURIComponent(OWNER)}`)),
      expected: /^200 .*"messages"/,
      mayReach: /^GET \S+\/Messages\.json\?To=%2B12025550143$/,
      reaches: { body: /^$/ },
    },
    {
      id: 'read',
      attempt: 'read the readable folder',
      code: inside(({ fs }, { READABLE }) => fs.readFileSync(`${READABLE}/data.txt`, 'utf8')),
      expected: /^granted data$/,
    },
    {
      id: 'write',
      attempt: 'write the writable folder',
      code: inside(({ fs }, { WRITABLE }) => {
        fs.writeFileSync(`${WRITABLE}/note`, 'written');
        return fs.readFileSync(`${WRITABLE}/note`, 'utf8');
      }),
      expected: /^written$/,
    },
    {
      id: 'half-closed',
      attempt: 'end its half of a connection first, and read slowly what comes',
      code: inside(async ({ net, tls, sleep }, { LARGE }) => {
        const { Duplex } = process.getBuiltinModule('node:stream');
        // The broker passes a connection on once its TLS hello has named the domain.
        const hello = await new Promise<Buffer>((resolve) => {
          const away = new Duplex({ read: () => {}, write: (chunk) => resolve(chunk) });
          tls.connect({ socket: away, servername: LARGE });
        });
        const socket = net.connect({ port: 443, host: LARGE, allowHalfOpen: true });
        socket.end(hello);
        let [got, pauseAt] = [0, 0];
        for await (const chunk of socket) {
          got += chunk.length;
          if (got < pauseAt) continue;
          pauseAt = got + 1024 * 1024;
          await sleep(20);
        }
        return `${got} bytes`;
      }),
      expected: /^16777216 bytes$/,
      guardedBy: 'network',
    },
    {
      id: 'late',
      attempt: 'whatever was set going before, and comes late',
      code: inside(({ sleep }) => sleep(700).then(() => 'quiet')),
      expected: /^quiet$/,
    },
  ],
};
