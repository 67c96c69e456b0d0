import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import { smsManifest } from '../../../agent/app/own-servers.ts';
import { MCPManifest } from '../../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../../agent/sandbox/plan/launch-plan.ts';
import { PLACEHOLDER } from '../../../agent/sandbox/runtimes/pod.ts';
import { testBubblewrap, testWithBubblewrap } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { ACCOUNT, household, OWNER } from '../../support/household.ts';
import { type PodOptions, startPod } from '../../support/pod.ts';
import { REPO } from '../../support/run.ts';
import { openTestSession } from '../../support/session.ts';

/** Of a process of another test, it may have ended since. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) return '';
    throw error;
  }
}

const { signal } = new AbortController();

/** A pod of this runtime, gone when the test is over. */
async function pod(options: Omit<PodOptions, 'folder'> & { folder?: string } = {}) {
  const started = await startPod({ folder: temporaryFolder(), runtime: testBubblewrap, ...options });
  onTestFinished(() => started.server.stop());
  return started;
}

testWithBubblewrap(
  'both servers work, the database is read again for each call, and an alert goes out',
  async () => {
    const { session, twilio, database } = await openTestSession(testBubblewrap());
    const read = async () =>
      JSON.stringify(await session.door.call('spending__get_budget_status', JSON.stringify({}), signal));
    expect(await read()).toContain('\\"spent\\":95');
    const db = new Database(database);
    db.exec("UPDATE transactions SET amount_minor = amount_minor - 100 WHERE merchant = 'Manor'");
    db.close();
    expect(await read()).toContain('\\"spent\\":96');
    const alert = { category: 'Shopping', spent: 96, budget: 80, currency: 'CHF' };
    const outcome = await session.door.call('sms__send_budget_alert', JSON.stringify(alert), signal);
    expect(outcome).toMatchObject({ kind: 'result', result: { structured: { status: 'queued' } } });
    expect(twilio.inbox.map(({ to, body }) => [to, body])).toEqual([
      [OWNER, '[!!] SpendWise: Shopping\nCHF 96/80 (120%)'],
    ]);
    // Nobody on this machine sees the token in a list of processes, nor in any process of the pods.
    const processes = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
    expect(processes).not.toContain(ACCOUNT.authToken);
    for (const [, pid] of processes.matchAll(/^\s*(\d+) .*(?:\/run\/spendwise\/|server\.mjs)/gm)) {
      if (pid === undefined || process.getuid?.() !== 0) continue;
      expect(environmentOf(pid)).not.toContain(ACCOUNT.authToken);
    }
  },
);

testWithBubblewrap(
  'passes to a domain with rules only matching requests, with the real credential',
  async () => {
    const { twilio, env } = await household();
    const { node, egress } = await pod({
      permissions: [...smsManifest().runtimePermissions],
      env,
      diversions: [
        { domain: 'api.twilio.com', port: 443, target: twilio.url, variable: 'TWILIO_API_BASE_URL' },
      ],
    });
    const post = (to: string) => `
    const r = await fetch('https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json', {
      method: 'POST', headers: { authorization: 'Basic ' + btoa('ACother:mine') },
      body: new URLSearchParams({ To: '${to}', From: '+15005550006', Body: 'hello' }) });
    console.log(r.status);`;
    expect(await node(post(OWNER))).toBe('201');
    expect(await node(post('+12025550199'))).toBe('403');
    expect(twilio.inbox.map(({ to }) => to)).toEqual([OWNER]);
    expect(await node('console.log(process.env.TWILIO_AUTH_TOKEN, process.env.TWILIO_ACCOUNT_SID)')).toBe(
      `${PLACEHOLDER} ${ACCOUNT.accountSid}`,
    );
    expect(egress.map(({ host, verdict }) => `${verdict} ${host}`)).toEqual([
      'allowed api.twilio.com',
      'denied api.twilio.com',
    ]);
  },
);

/** Put on this machine's loopback for the test: a hole would reach our listener, and nobody else. */
const CANARY = '198.51.100.8';

testWithBubblewrap('denies an address that was not granted, and records the real destination', async () => {
  let heard = 0;
  const rooted = process.getuid?.() === 0;
  if (rooted) {
    execFileSync('ip', ['addr', 'replace', `${CANARY}/32`, 'dev', 'lo']);
    onTestFinished(() => void execFileSync('ip', ['addr', 'del', `${CANARY}/32`, 'dev', 'lo']));
  }
  const canary = createServer((socket) => {
    heard += 1;
    socket.on('error', () => {}).end('out');
  }).listen(443, rooted ? CANARY : '127.0.0.1');
  onTestFinished(() => void canary.close());
  if (rooted) await once(canary, 'listening');
  else canary.on('error', () => {});
  const { node, egress } = await pod();
  const attempt = (host: string, port: number) => `import net from 'node:net';
    net.connect(${port}, '${host}').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code));`;
  for (const host of [CANARY, '127.0.0.1', '2001:db8::1']) await node(attempt(host, 443));
  await node("await fetch('https://nobody.example/').catch(() => {})");
  expect(await node(attempt(CANARY, 4444))).toBe('ECONNREFUSED');
  expect(heard).toBe(0);
  expect(egress.map(({ host, port, verdict }) => `${verdict} ${host} ${port}`)).toEqual(
    expect.arrayContaining([
      `denied ${CANARY} 443`,
      'denied 127.0.0.1 443',
      'denied 2001:db8::1 443',
      'denied nobody.example 53',
    ]),
  );
});

testWithBubblewrap('a granted host and port passes bytes both ways', async () => {
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void echo.close());
  await once(echo, 'listening');
  const { port } = echo.address() as { port: number };
  const { node } = await pod({ permissions: [{ type: 'host', host: '127.0.0.1', port }] });
  const code = `import net from 'node:net'; const s = net.connect(${port}, '127.0.0.1'); let n = 0;
    s.on('data', (d) => { n += d.length; }).on('end', () => console.log(n)); s.end('y'.repeat(2_000_000));`;
  expect(await node(code)).toBe('2000000');
});

testWithBubblewrap('a side that ends its half first and reads slowly still gets every byte', async () => {
  const size = 16 * 1024 * 1024;
  const slowly = async (socket: Socket) => {
    let [got, pauseAt] = [0, 0];
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      got += chunk.length;
      if (got < pauseAt) continue;
      pauseAt = got + 1024 * 1024;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return got;
  };
  const received: number[] = [];
  // The first connection is answered in full; the second is read, slowly, after our own end.
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    if (connections === 1)
      socket
        .on('error', () => {})
        .resume()
        .end(Buffer.alloc(size));
    else void slowly(socket.end()).then((got) => received.push(got));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { node } = await pod({ permissions: [{ type: 'host', host: '127.0.0.1', port }] });
  const dial = `import net from 'node:net';
    const slowly = ${slowly}; const s = net.connect({ port: ${port}, host: '127.0.0.1', allowHalfOpen: true });`;
  expect(await node(`${dial} s.end(); console.log(await slowly(s));`)).toBe(`${size}`);
  await node(`${dial} s.resume().on('end', () => s.end(Buffer.alloc(${size})));`);
  await expect.poll(() => received).toEqual([size]);
});

testWithBubblewrap('reads and writes files as granted, wherever they are', async () => {
  const folder = temporaryFolder();
  // Nobody else can come here by themselves.
  const closed = join(folder, 'closed');
  const [own, read] = [join(closed, 'own'), join(closed, 'read')];
  for (const path of [own, read]) mkdirSync(path, { recursive: true });
  chmodSync(closed, 0o700);
  writeFileSync(join(read, 'in.txt'), 'granted');
  if (process.getuid?.() === 0) execFileSync('chown', ['1234:1234', own]);
  const { node, sh } = await pod({
    permissions: [
      { type: 'fs', path: own, containerPath: '/shared', read: true, write: true },
      { type: 'fs', path: read, read: true, write: false },
    ],
  });
  expect(
    await node(`import fs from 'node:fs'; fs.writeFileSync('/shared/out.txt', 'written');
    console.log(fs.readFileSync('${read}/in.txt', 'utf8'))`),
  ).toBe('granted');
  expect(readFileSync(join(own, 'out.txt'), 'utf8')).toBe('written');
  for (const path of [
    `${read}/new`,
    `${read}/in.txt`,
    '/app/new',
    '/usr/bin/new',
    '/etc/hosts',
    '/new',
    '/dev/new',
  ])
    expect([path, (await sh(`: >>${path}`)).code]).not.toEqual([path, 0]);
});

testWithBubblewrap('nothing else of this machine can be read', async () => {
  const { sh } = await pod();
  const here = await sh('ls -A / /home /root /var /opt /srv /usr/local /etc /run /sys /boot 2>&1');
  expect(here.output).not.toMatch(/shadow|ssh|passwd-/);
  const root = (await sh('ls -A /')).output.trim().split('\n');
  expect(root.filter((name) => !/^lib(32|64|x32)?$/.test(name)).sort()).toEqual([
    'app',
    'bin',
    'dev',
    'etc',
    'proc',
    'sbin',
    'tmp',
    'usr',
  ]);
  expect((await sh('ls -A /usr/local/bin /app')).output).toBe('/app:\nserver.mjs\n\n/usr/local/bin:\nnode\n');
  expect((await sh('cat /etc/hosts /etc/passwd')).output).toMatch(
    /^127.0.0.1 localhost\n::1 localhost\nuser:x:\d+:\d+::/,
  );
  for (const path of [
    '/etc/shadow',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/kcore',
    '/dev/mem',
    '/dev/kmsg',
  ])
    expect([path, (await sh(`cat ${path}`)).code]).toEqual([path, 1]);
  expect((await sh('echo 1 >/proc/sys/kernel/core_pattern; echo 0 >/proc/self/oom_score_adj')).code).not.toBe(
    0,
  );
});

testWithBubblewrap(
  "the pod does not contain the clone's code: the spending server runs from its bundle",
  async () => {
    const { session } = await openTestSession(testBubblewrap());
    const { exec } = session.smsServer ?? {};
    const listed = await exec?.(['sh', '-c', 'ls -A /app; ls /app/node_modules /app/.env']);
    expect(listed?.output).toContain('server.mjs');
    expect(listed?.code).not.toBe(0);
    const own = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(own).toMatch(/^node lib\/server\.mjs /m);
  },
);

testWithBubblewrap('has only the granted variables', async () => {
  const printing = 'process.stdin.resume(); process.stdout.write(JSON.stringify(process.env));';
  const { server } = await pod({
    permissions: [{ type: 'env', name: 'GREETING' }],
    env: { GREETING: 'hello\nworld', OTHER: 'no' },
    code: printing,
  });
  const [text] = await once(server.stdout, 'data');
  const { PATH, HOME, PWD: _, ...rest } = JSON.parse(String(text));
  expect([PATH, HOME]).toEqual(['/usr/local/bin:/usr/bin:/bin', '/tmp']);
  expect(rest).toEqual({ GREETING: 'hello\nworld' });
});

/** The server itself looks around, for it has the relay as its neighbour; `exec` would stand elsewhere. */
const LOOKING = `import fs from 'node:fs'; import { execSync } from 'node:child_process';
  process.stdin.resume();
  const attempt = (f) => { try { return f(); } catch (e) { return e.code ?? String(e.status); } };
  const pids = fs.readdirSync('/proc').filter((n) => /^\\d+$/.test(n));
  process.stdout.write(JSON.stringify({
    status: fs.readFileSync('/proc/self/status', 'utf8'),
    init: fs.readFileSync('/proc/1/status', 'utf8'),
    commands: pids.map((p) => attempt(() => fs.readFileSync('/proc/' + p + '/cmdline', 'latin1'))),
    environments: pids.map((p) => attempt(() => fs.readFileSync('/proc/' + p + '/environ', 'latin1'))),
    descriptors: fs.readdirSync('/proc/self/fd').map((n) => attempt(() => fs.readlinkSync('/proc/self/fd/' + n))),
    signals: [attempt(() => process.kill(-1, 'SIGUSR1')), attempt(() => process.kill(process.ppid, 'SIGKILL'))],
    routes: attempt(() => execSync('ip route add local 203.0.113.0/24 dev lo 2>&1')),
    link: attempt(() => execSync('ip link set lo down 2>&1')),
  }));`;

testWithBubblewrap(
  'the server cannot reach the relay by process, descriptor, variable or route',
  async () => {
    const { server, egress } = await pod({ code: LOOKING });
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await expect.poll(() => text.endsWith('}')).toBe(true);
    const seen = JSON.parse(text);
    expect(seen.commands.join(' ')).not.toContain('relay');
    expect(seen.environments.join(' ')).not.toContain('sbin');
    expect(seen.status).toMatch(/^NoNewPrivs:\t1$/m);
    // Its PID 1 has the same user id, and so is no better than itself.
    for (const status of [seen.status, seen.init]) expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(seen.status).toMatch(/^Uid:\t(?!0\t)/m);
    expect(seen.status.match(/^Cap(Inh|Prm|Eff|Bnd|Amb):\t0+$/gm)).toHaveLength(5);
    expect(seen.init.match(/^Cap(Inh|Prm|Eff|Bnd|Amb):\t0+$/gm)).toHaveLength(5);
    // Its own three; the rest is what Node itself opens.
    const sockets = seen.descriptors.filter(
      (link: string) => link.startsWith('socket:') || link.startsWith('/'),
    );
    expect(new Set(sockets.filter((link: string) => link.startsWith('socket:'))).size).toBe(3);
    expect(
      sockets.filter((l: string) => l.startsWith('/') && !/^\/(dev\/null|proc\/\d+\/fd)$/.test(l)),
    ).toEqual([]);
    expect([seen.routes, seen.link]).not.toContain('');
    // The relay lives: it still passes attempts up.
    expect(egress).toEqual([]);
  },
);

testWithBubblewrap(
  'does not pass on a descriptor that the host inherited, such as from a shell',
  async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'code'));
    writeFileSync(join(folder, 'secret.txt'), 'kept');
    const params =
      "{ links: fs.readdirSync('/proc/self/fd').map((n) => { try { return fs.readlinkSync('/proc/self/fd/' + n); } catch { return n; } }) }";
    writeFileSync(
      join(folder, 'code', 'server.mjs'),
      `import fs from 'node:fs'; console.log(JSON.stringify({ jsonrpc: '2.0', method: 'seen', params: ${params} }));`,
    );
    const manifest = {
      ...{
        name: 'look',
        registry: 'npm',
        packageName: 'look',
        codeMount: './code',
        execCommand: ['node', 'server.mjs'],
      },
      ...{ permissions: ['mcp.ac.filesystem.read'], runtimePermissions: [] },
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const secret = openSync(join(folder, 'secret.txt'), 'r');
    onTestFinished(() => closeSync(secret));
    const args = ['sandbox', 'run', join(folder, 'manifest.json'), '--yes', '--runtime', 'bubblewrap'];
    const stdio = ['pipe', 'pipe', 'ignore', ...Array(37).fill('ignore'), secret];
    const child = spawn(process.execPath, [`${REPO}agent/spendwise.js`, ...args], { stdio });
    const [seen] = await once(child.stdout as Readable, 'data');
    expect(String(seen)).toContain('socket:');
    expect(String(seen)).not.toContain('secret.txt');
    await once(child, 'exit');
  },
);

testWithBubblewrap(
  'limits hold: processes, files, room in /tmp, no core, nothing executable there',
  async () => {
    const { sh, node } = await pod();
    expect((await sh('ulimit -n; ulimit -c')).output).toBe('1024\n0\n');
    const forks = 'i=0; while [ $i -lt 300 ]; do sleep 5 & i=$((i + 1)); done; echo survived';
    expect((await sh(forks)).output).toMatch(/fork|Resource temporarily unavailable/);
    expect(
      await node(`import fs from 'node:fs'; const open = [];
    try { for (;;) open.push(fs.openSync('/dev/null')); } catch (e) { console.log(e.code, open.length < 1024); }`),
    ).toBe('EMFILE true');
    expect((await sh('head -c 100000000 /dev/zero >/tmp/x')).output).toMatch(/No space left/);
    expect(
      (await sh('rm -f /tmp/x; cp /usr/bin/true /tmp/true && chmod +x /tmp/true && /tmp/true')).output,
    ).toMatch(/denied/);
  },
);

testWithBubblewrap(
  'refuses an image not of this clone, and a refused folder of code, in plain words',
  async () => {
    const image = new MCPManifest({
      name: 'x',
      registry: 'npm',
      packageName: 'x',
      image: 'x:1',
      permissions: [],
    });
    const started = testBubblewrap().start(launchPlan(image, { granted: [], refused: [] }, {}), () => {});
    await expect(started).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringContaining('cannot run an image'),
    });
  },
);
