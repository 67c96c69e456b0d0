import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

/** Without a port, it is the one on which the host listens. */
const again = (id: string, attempt: string, host: string, port: number | undefined): Attempt => ({
  id,
  attempt,
  code: inside(
    async ({ tcp, sleep }, { TCP }, host, port) => {
      const seen = new Set<string>();
      for (let at = 0; at < 40; at += 1) {
        seen.add(await tcp(host, port ?? TCP));
        await sleep(5);
      }
      return [...seen].join();
    },
    host,
    port,
  ),
  expected: /^ECONNREFUSED $/,
  atStart: true,
});

/** The first milliseconds: the server acts before it is asked, and perhaps before the gateway is ready. */
export const startup: AttemptClass = {
  name: 'startup',
  must: 'too early is no way out',
  attempts: [
    {
      ...again('address', 'TCP to an address, again and again from the first moment', '198.51.100.7', 4444),
      expected: /^((ECONNREFUSED|ENETUNREACH) ,?)+$/,
      guardedBy: 'network',
    },
    again('host-loopback', "the host's loopback, again and again", '127.0.0.1', undefined),
    {
      id: 'name',
      attempt: 'look up a name before the resolver may be there',
      code: inside(({ attempt, dns }) => attempt(() => dns.promises.resolve4('early.collector.example'))),
      expected: /^(ENOTFOUND|ECONNREFUSED|ETIMEOUT)$/,
      guardedBy: 'network',
      atStart: true,
    },
    {
      id: 'request',
      attempt: "post to an attacker's account before anything else",
      code: inside(async ({ api, form, attempt, sleep }, { SENDER, OWNER }) => {
        const path = `/v1/Accounts/AC${'f'.repeat(32)}/Messages.json`;
        let seen = '';
        for (let at = 0; at < 10 && !seen.includes(' 403 '); at += 1) {
          seen = await attempt(() => api(path, form({ To: OWNER, From: SENDER, Body: 'early' })));
          await sleep(20);
        }
        return seen;
      }),
      expected: /^done 403 .*no rule/,
      recorded: /^api\.example\.com:443 no rule for POST/,
      atStart: true,
    },
    {
      id: 'port',
      attempt: "take the gateway's port before it listens",
      code: inside(
        ({ net }) =>
          new Promise((resolve) => {
            const server = net.createServer();
            server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
            server.listen({ port: 443, host: '127.77.0.1' }, () => {
              server.close();
              resolve('listening');
            });
          }),
      ),
      // Being first would cut its own way off, and reach nobody: what counts is that nothing comes of it.
      expected: /^(EADDRINUSE|listening)$/,
      guardedBy: 'machine',
      atStart: true,
    },
    {
      id: 'abstract',
      attempt: "the host's abstract Unix socket at once",
      code: inside(({ unix }, { ABSTRACT }) => unix(ABSTRACT)),
      expected: /^(ECONNREFUSED|EPERM) $/,
      atStart: true,
    },
  ],
};
