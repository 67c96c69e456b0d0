import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { Dialer } from '../../../agent/sandbox/broker/dial.ts';
import { testWithDocker } from '../../support/docker.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startPod } from '../../support/pod.ts';

const CONNECT = (name: string) => `
  import tls from 'node:tls';
  tls.connect({ host: '${name}', port: 443, servername: '${name}' }).on('error', (e) => console.log(e.code)).on('close', () => process.exit());`;

testWithDocker(
  "names with one label in place of a wildcard's star lead to the broker, and no others",
  async () => {
    const asked: string[] = [];
    const dialer = new Dialer(async (name) => {
      asked.push(name);
      return [{ address: '10.0.0.1', family: 4 }];
    });
    const pod = await startPod({
      folder: temporaryFolder(),
      permissions: [{ type: 'domain', domain: '*.Example.com', port: 443 }],
      dialer,
    });
    onTestFinished(() => pod.server.stop());
    await pod.node(CONNECT('A.example.com'));
    expect(asked).toEqual(['a.example.com']);
    expect(pod.egress.at(-1)).toMatchObject({ host: '*.example.com', verdict: 'denied' });
    expect(pod.egress.at(-1)?.reason).toMatch(/leads to 10\.0\.0\.1/);
    expect(await pod.node(CONNECT('a.b.example.com'))).toBe('ENOTFOUND');
    expect(await pod.node(CONNECT('example.com'))).toBe('ENOTFOUND');
    expect(asked).toEqual(['a.example.com']);
  },
);

testWithDocker('allows any protocol to a granted host and port, and to no other', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).write('220 hello\r\n');
    socket.on('data', (data) => socket.end(`you said ${data}`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const pod = await startPod({
    folder: temporaryFolder(),
    permissions: [{ type: 'host', host: '127.0.0.1', port }],
  });
  onTestFinished(() => pod.server.stop());
  const said = await pod.node(
    `import net from 'node:net'; const s = net.connect(${port}, '127.0.0.1', () => s.write('EHLO')); s.pipe(process.stdout);`,
  );
  expect(said).toBe('220 hello\r\nyou said EHLO');
  expect(pod.egress).toMatchObject([{ host: '127.0.0.1', port, verdict: 'allowed' }]);
});
