import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import Database from 'better-sqlite3';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { smsManifest } from '../../../agent/app/own-servers.ts';
import { createRunCa } from '../../../agent/sandbox/broker/run-ca.ts';
import { makeOfflineBase, OFFLINE_BASE } from '../../../agent/sandbox/images/offline-base.ts';
import { dockerRuntime } from '../../../agent/sandbox/runtimes/docker/docker.ts';
import {
  docker,
  dockerAvailable,
  ourContainers,
  seesContainers,
  testImages,
  testWithDocker,
} from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { ACCOUNT, household, OWNER } from '../../support/household.ts';
import { startPod } from '../../support/pod.ts';
import { REPO } from '../../support/run.ts';
import { openTestSession } from '../../support/session.ts';
import { compileSyscalls, EXPECTED_SYSCALLS, hasCompiler, syscallsOf } from '../../support/syscalls.ts';

const { signal } = new AbortController();

const session = () => openTestSession(dockerRuntime({ images: testImages() }));

interface Inspected {
  readonly Name: string;
  readonly State: { Pid: number };
  readonly HostConfig: Record<string, unknown> & {
    CapDrop: string[];
    SecurityOpt: string[];
    Ulimits: { Name: string }[];
  };
  readonly NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  readonly Config: { User: string; Env: string[] };
}

testWithDocker('two servers run in four containers, each with the least privileges', async () => {
  await session();
  const names = ourContainers();
  expect(names).toHaveLength(4);
  const text = docker('inspect', ...names);
  for (const container of JSON.parse(text) as Inspected[]) {
    const { HostConfig: host, State, Config } = container;
    const workload = container.Name.endsWith('-workload');
    expect(host).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      NetworkMode: workload ? expect.stringMatching(/^container:/) : 'none',
      NanoCpus: 1e9,
      PidsLimit: 128,
      LogConfig: { Type: 'none' },
      AutoRemove: true,
    });
    expect(host.Memory).toBe(host.MemorySwap);
    expect(host.Ulimits.map(({ Name }) => Name).sort()).toEqual([
      'core',
      ...(workload ? ['fsize'] : []),
      'nofile',
    ]);
    expect(host.SecurityOpt).toContain('no-new-privileges');
    if (workload) {
      expect(host.CapAdd).toBeNull();
      expect(Config.User).not.toMatch(/^(0|root)?(:|$)/);
      expect(host.SecurityOpt.some((option) => option.startsWith('seccomp='))).toBe(true);
    }
    if (!seesContainers) continue;
    // By now neither is root or holds a capability, whatever it started with; and there is no interface but lo.
    const status = readFileSync(`/proc/${State.Pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t(?!0\t)/m);
    expect(status.match(/^Cap(Inh|Prm|Eff|Bnd|Amb):\t0+$/gm)).toHaveLength(5);
    const devices = readFileSync(`/proc/${State.Pid}/net/dev`, 'utf8')
      .match(/^\s*(\w+):/gm)
      ?.map((name) => name.trim());
    expect(
      devices?.filter(
        (name) => !/^(lo|sit0|tunl0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0):$/.test(name),
      ),
    ).toEqual([]);
  }
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  const environments = !seesContainers
    ? []
    : [...text.matchAll(/"Pid": (\d+)/g)].map(([, pid]) => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  for (const place of [text, processes, ...environments]) {
    expect(place).not.toContain(ACCOUNT.authToken);
    expect(place).not.toContain(Buffer.from(ACCOUNT.authToken).toString('base64'));
  }
});

testWithDocker(
  'both servers work: an alert goes out with the credential that the container never saw',
  async () => {
    const { session: app, twilio } = await session();
    const alert = { category: 'Shopping', spent: 95, budget: 80, currency: 'CHF' };
    const outcome = await app.door.call('sms__send_budget_alert', JSON.stringify(alert), signal);
    expect(outcome).toMatchObject({ kind: 'result', result: { structured: { status: 'queued' } } });
    expect(twilio.inbox.map(({ to, body }) => [to, body])).toEqual([
      [OWNER, '[!!] SpendWise: Shopping\nCHF 95/80 (119%)'],
    ]);
  },
);

testWithDocker(
  "a write on the host is seen by the spending server's next read; one from inside fails",
  async () => {
    const { session: app, database } = await session();
    const read = async () =>
      JSON.stringify(await app.door.call('spending__get_budget_status', JSON.stringify({}), signal));
    expect(await read()).toContain('\\"spent\\":95');
    const db = new Database(database);
    db.exec("UPDATE transactions SET amount_minor = amount_minor - 100 WHERE merchant = 'Manor'");
    db.close();
    expect(await read()).toContain('\\"spent\\":96');
    const [workload] = ourContainers().filter((name) =>
      docker('inspect', '-f', '{{.Path}} {{json .Mounts}}', name).includes(join(database, '..')),
    );
    const attempt = `try { new (require('node:fs').writeFileSync)('${database}', 'x') } catch (e) { console.log(e.code) }`;
    expect(docker('exec', workload ?? '', 'node', '-e', attempt).trim()).toMatch(/^(EROFS|EACCES)$/);
  },
);

testWithDocker('the unmodified twilio client works through the broker', async () => {
  const { twilio, env } = await household();
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'code'));
  const source = `import twilio from 'twilio';
    const client = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN);
    const sent = await client.messages.create({ to: '${OWNER}', from: '+15005550006', body: 'unmodified' });
    const listed = await client.messages.list({ to: '${OWNER}', limit: 5 });
    const fetched = await client.messages(sent.sid).fetch();
    const refused = await client.messages.create({ to: '+12025550199', from: '+15005550006', body: 'x' }).catch((e) => e.message);
    console.log(JSON.stringify([sent.status, listed.map((m) => m.body), fetched.body, refused]));`;
  await build({
    stdin: { contents: source, resolveDir: join(REPO, 'mcp-server-sms') },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(folder, 'code', 'client.mjs'),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const pod = await startPod({
    folder,
    permissions: [...smsManifest().runtimePermissions],
    env,
    diversions: [
      { domain: 'api.twilio.com', port: 443, target: twilio.url, variable: 'TWILIO_API_BASE_URL' },
    ],
  });
  onTestFinished(() => pod.server.stop());
  const { output } = await pod.sh('node /app/client.mjs');
  expect(JSON.parse(output)).toEqual([
    'queued',
    ['unmodified'],
    'unmodified',
    'SpendWise broker: form field To has a value that is not allowed',
  ]);
});

testWithDocker(
  'passes bytes of a plain grant once the name matches; a host and port need no TLS',
  async () => {
    const identity = await (await createRunCa(['files.example.com'])).issue('files.example.com');
    const tlsServer = createTlsServer(identity, (socket) =>
      socket.on('error', () => {}).end(`hello ${'x'.repeat(3_000_000)}`),
    );
    const plain = createTcpServer((socket) => socket.on('error', () => {}).pipe(socket));
    for (const server of [tlsServer, plain])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;
    onTestFinished(() => void tlsServer.close());
    onTestFinished(() => void plain.close());
    const pod = await startPod({
      folder: temporaryFolder(),
      permissions: [
        { type: 'domain', domain: 'files.example.com', port: 443 },
        { type: 'host', host: '127.0.0.1', port: portOf(plain) },
      ],
      diversions: [
        {
          domain: 'files.example.com',
          port: 443,
          target: new URL(`http://127.0.0.1:${portOf(tlsServer)}`),
          variable: 'X',
        },
      ],
    });
    onTestFinished(() => pod.server.stop());
    const read = (servername: string) => `import tls from 'node:tls'; let n = 0;
    const s = tls.connect({ host: 'files.example.com', port: 443, servername: '${servername}', rejectUnauthorized: false });
    s.on('data', (d) => { n += d.length; }).on('error', (e) => console.log(e.code.slice(0, 7))).on('end', () => console.log(n));`;
    expect(await pod.node(read('files.example.com'))).toBe('3000006');
    expect(await pod.node(read('other.example.com'))).toBe('ERR_SSL');
    const echo = `import net from 'node:net'; const s = net.connect(${portOf(plain)}, '127.0.0.1'); let t = '';
    s.on('data', (d) => { t += d; }).on('end', () => console.log(t.length)); s.end('y'.repeat(2_000_000));`;
    expect(await pod.node(echo)).toBe('2000000');
    expect(pod.egress.map(({ host, verdict }) => `${verdict} ${host}`)).toEqual([
      'allowed files.example.com',
      'denied files.example.com',
      'allowed 127.0.0.1',
    ]);
  },
);

testWithDocker('a folder that the workload could not read is an error before anything starts', async () => {
  const folder = temporaryFolder();
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const started = startPod({ folder, permissions: [{ type: 'fs', path: closed, read: true, write: false }] });
  if (process.getuid?.() === 0) await expect(started).rejects.toThrow(/cannot read .*closed/);
  else await (await started).server.stop();
});

testWithDocker('writes a writable granted folder as its owner', async () => {
  const folder = temporaryFolder();
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  if (process.getuid?.() === 0) execFileSync('chown', ['1234:1234', shared]);
  const pod = await startPod({
    folder,
    permissions: [{ type: 'fs', path: shared, containerPath: '/shared', read: true, write: true }],
  });
  onTestFinished(() => pod.server.stop());
  expect(
    await pod.node(
      "import fs from 'node:fs'; fs.writeFileSync('/shared/out.txt', 'written'); console.log('ok')",
    ),
  ).toBe('ok');
  expect(readFileSync(join(shared, 'out.txt'), 'utf8')).toBe('written');
});

testWithDocker('connecting and leaving, and a name of any length, hurt neither host nor pod', async () => {
  const plain = createTcpServer((socket) => socket.on('error', () => {}).end('hi')).listen(0, '127.0.0.1');
  onTestFinished(() => void plain.close());
  await once(plain, 'listening');
  const { port } = plain.address() as { port: number };
  const pod = await startPod({
    folder: temporaryFolder(),
    permissions: [{ type: 'host', host: '127.0.0.1', port }],
  });
  onTestFinished(() => pod.server.stop());
  const code = `import net from 'node:net'; import dgram from 'node:dgram';
    for (let i = 0; i < 300; i++) await new Promise((r) => { const s = net.connect(${port}, '127.0.0.1', () => { s.resetAndDestroy(); }); s.on('close', r).on('error', () => {}); });
    const name = Buffer.concat([...Array(6).fill(Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 97)])), Buffer.alloc(5)]);
    const query = Buffer.concat([Buffer.from('abcd01000001000000000000', 'hex'), name]);
    await new Promise((r) => dgram.createSocket('udp4').send(query, 53, '127.77.255.53', r));
    await new Promise((r) => setTimeout(r, 300));
    net.connect(${port}, '127.0.0.1').on('data', (d) => { console.log(String(d)); process.exit(); });`;
  expect(await pod.node(code)).toBe('hi');
});

test.skipIf(!dockerAvailable || !hasCompiler)(
  'the seccomp profile: no protocol but TCP and UDP, no namespace, no keyring',
  async () => {
    const folder = temporaryFolder();
    compileSyscalls(join(folder, 'code'));
    const pod = await startPod({ folder });
    onTestFinished(() => pod.server.stop());
    expect(syscallsOf((await pod.sh('/app/try')).output)).toEqual(EXPECTED_SYSCALLS);
  },
);

testWithDocker('root with NET_ADMIN in the network of a pod finds nothing to open', async () => {
  const plain = createTcpServer((socket) => socket.on('error', () => {}).end('hi')).listen(0, '127.0.0.1');
  onTestFinished(() => void plain.close());
  await once(plain, 'listening');
  const { port } = plain.address() as { port: number };
  const before = new Set(ourContainers());
  const pod = await startPod({
    folder: temporaryFolder(),
    permissions: [{ type: 'host', host: '127.0.0.1', port }],
  });
  onTestFinished(() => pod.server.stop());
  const workload = ourContainers().find((name) => !before.has(name) && name.endsWith('-workload')) ?? '';
  const reach = `import net from 'node:net'; net.connect(${port}, '127.0.0.1')
    .on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code));`;
  expect(await pod.node(reach)).toBe('hi');
  if (!docker('images', '-q', OFFLINE_BASE)) await makeOfflineBase();
  const flush = `echo "beside lo: $(ip -o link show up | grep -vc ' lo:') interfaces up"
    ip route flush table local; ip route flush table main; ip addr flush dev lo
    echo "addresses left: $(ip -o addr | wc -l)"; ping -c 1 1.1.1.1 2>&1 | tail -n 1`;
  const root = ['run', '--rm', '--cap-add', 'NET_ADMIN', '--network', `container:${workload}`];
  expect(docker(...root, OFFLINE_BASE, 'sh', '-c', flush)).toMatch(
    /^beside lo: 0 interfaces up\naddresses left: 0\nping: sendto: Network .*unreachable/,
  );
  // Nothing was opened. What was granted is cut off as well: the way to the relay was all there was to break.
  expect(await pod.node(reach)).toBe('ENETUNREACH');
  expect(pod.egress).toHaveLength(1);
});

testWithDocker('a path cannot smuggle an option', async () => {
  const folder = temporaryFolder();
  const evil = join(folder, 'a,readonly=false');
  mkdirSync(evil);
  const started = startPod({ folder, permissions: [{ type: 'fs', path: evil, read: true, write: false }] });
  await expect(started).rejects.toThrow(/contains a comma/);
  writeFileSync(join(folder, 'x'), '');
});
