import { type Attempt, type AttemptClass, fails, inside } from '../attempt.ts';

const file = (id: string, attempt: string, path: string, expected: RegExp): Attempt => ({
  id,
  attempt,
  code: inside(({ attempt, fs }, _values, path) => attempt(() => fs.readFileSync(path, 'utf8').length), path),
  expected,
  guardedBy: 'machine',
});

/** Secrets: what is not in the container cannot be taken from it. */
export const secrets: AttemptClass = {
  name: 'secrets',
  must: 'no secret is found',
  attempts: [
    {
      id: 'environment',
      attempt: 'read the token from the environment',
      code: inside(() => process.env.API_TOKEN),
      expected: /^placeholder-/,
    },
    {
      id: 'ungranted',
      attempt: 'read a variable that was not granted',
      code: inside(() =>
        Object.keys(process.env)
          // Set by the engine or the image. TERM and container are Podman's.
          .filter((n) => !/^(PATH|PWD|HOSTNAME|HOME|TERM|container)$/.test(n))
          .filter((n) => !/^(NODE_VERSION|YARN_VERSION)$/.test(n))
          // Where the authorities lie that it is to trust.
          .filter((n) => !/^\/run\/spendwise(\/ca\.pem)?$/.test(process.env[n] ?? ''))
          .sort()
          .join(),
      ),
      expected: /^API_ACCOUNT,API_OWNER,API_SENDER,API_TOKEN,NOTES_TOKEN$/,
    },
    {
      id: 'parent',
      attempt: "read its parent's environment",
      code: inside(({ attempt, fs }) =>
        attempt(() => `${fs.readFileSync(`/proc/${process.ppid || 1}/environ`).length > 0}`),
      ),
      // Where its parent is the sandbox's own first process, that has none.
      expected: /^(EACCES|EPERM|ENOENT|done false)$/,
    },
    fails(
      'first',
      "read the first process's environment",
      ({ fs }) => fs.readFileSync('/proc/1/environ').length,
      /^(EACCES|EPERM|done 0)$/,
    ),
    {
      id: 'processes',
      attempt: 'look for the token in every process',
      code: inside(({ fs }) => {
        let found = '';
        let size = 0;
        for (const pid of fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
          for (const name of ['environ', 'cmdline', 'comm', 'status']) {
            try {
              const text = fs.readFileSync(`/proc/${pid}/${name}`, 'latin1');
              size += text.length;
              found ||= /drill-secret-[0-9a-f]{32}/.exec(text)?.[0] ?? '';
            } catch {}
          }
        }
        return found || `nothing in ${size > 0}`;
      }),
      expected: /^nothing in true$/,
    },
    {
      id: 'files',
      attempt: 'look for the token in every small file',
      code: inside(({ fs }, { READABLE }) => {
        let looked = 0;
        const search = (folder: string): string => {
          let names: string[] = [];
          try {
            names = fs.readdirSync(folder);
          } catch {}
          for (const name of names) {
            const path = `${folder}/${name}`;
            try {
              const stat = fs.lstatSync(path);
              if (stat.isDirectory() && looked < 4000) {
                const found = search(path);
                if (found) return found;
              }
              if (!stat.isFile() || stat.size > 65536) continue;
              looked += 1;
              const found = /drill-secret-[0-9a-f]{32}/.exec(fs.readFileSync(path, 'latin1'));
              if (found) return found[0];
            } catch {}
          }
          return '';
        };
        const folders = [`${READABLE}/..`, '/run', '/tmp', '/app', '/etc', '/var', '/root', '/home', '/mnt'];
        for (const folder of folders) {
          const found = search(folder);
          if (found) return found;
        }
        return `nothing in ${looked > 0}`;
      }),
      expected: /^nothing in true$/,
    },
    {
      id: 'host-processes',
      attempt: "see the host's processes",
      code: inside(({ fs }) => fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).length),
      expected: /^[1-9]$/,
    },
    fails(
      'logs',
      "read the engine's logs and state",
      ({ fs }) => fs.readdirSync('/var/lib/docker').length,
      /^(ENOENT|EACCES)$/,
      'machine',
    ),
    file('shadow', "read the host's passwords", '/etc/shadow', /^(ENOENT|EACCES)$/),
    file('kernel-command', 'read the keys of the running kernel', '/proc/keys', /^(ENOENT|EACCES|done 0)$/),
    fails(
      'ca-key',
      "find the CA's key",
      ({ fs }) => {
        const names = fs.readdirSync('/run/spendwise').join();
        return `${names} ${/PRIVATE/.test(fs.readFileSync('/run/spendwise/ca.pem', 'utf8'))}`;
      },
      /^done ca\.pem false$/,
      'machine',
    ),
    {
      id: 'replay',
      attempt: 'use the placeholder as a credential for something else',
      code: inside(({ api }, { ACCOUNT }) =>
        api(`/v1/Accounts/${ACCOUNT}.json`, {
          headers: { authorization: `Basic ${btoa(`${ACCOUNT}:${process.env.API_TOKEN}`)}` },
        }),
      ),
      expected: /^403 .*no rule/,
      recorded: /no rule for GET/,
    },
    {
      id: 'echo',
      attempt: 'have the real credential sent back by TRACE',
      code: inside(({ speak }, { MESSAGES }) =>
        speak(`TRACE ${MESSAGES} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n`),
      ),
      expected: /403 Forbidden.*no rule for TRACE/s,
    },
    {
      id: 'sent-back',
      attempt: 'have the API send back what it was sent, in headers and a byte at a time',
      code: inside(async ({ api, speak }, { MESSAGES }) => {
        const path = MESSAGES.replace('.json', '/SMreflect.json');
        const raw = await speak(`GET ${path} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n`);
        // The body put together, as a client reads it.
        return `${raw.split('\r\n\r\n', 1)[0]} ${await api(path)}`;
      }),
      expected: /400 Bad Request\r\n.*x-said: Basic \*{80,}.* 400 you sent Basic \*{80,}/s,
      mayReach: /^GET \S+\/Messages\/SMreflect\.json$/,
    },
    {
      id: 'reflect',
      attempt: 'have it written into a log of its own by a redirect to another host',
      code: inside(({ api }) => api('/redirect?to=https://collector.example', { redirect: 'follow' })),
      expected: /^403 .*no rule/,
    },
  ],
};
