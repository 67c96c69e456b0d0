import { createSocket, type RemoteInfo } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { addressAnswer, dnsQuestion, refusal } from './dns.ts';
import { encodeFrame, FrameReader, FrameType } from './frames.ts';
import { Mux } from './mux.ts';
import { splice } from './splice.ts';
import { startWorkload } from './workload.ts';

/**
 * Runs inside the pod, beside the workload: turns every connection into a stream over stdio and says where it was
 * meant to go. Holds no policy, no secret and no privilege. Usage: `relay.mjs PORT… NAME=ADDRESS…`
 */
const RESOLVER = '127.77.255.53';
/** The host pings every 3 s. A pod must not outlive a host that is stopped or gone. */
const SILENCE_MS = 20_000;

assertUnprivileged();
const write = (frame: Buffer) => void process.stdout.write(frame);
const mux = new Mux(write);
const reader = new FrameReader();
let nextStream = 1;

let end = (code: number): void => process.exit(code);

const silence = setTimeout(() => end(1), SILENCE_MS);
process.stdin.on('data', (chunk: Buffer) => {
  silence.refresh();
  for (const frame of reader.push(chunk)) {
    if (frame.type === FrameType.LAUNCH) end = startWorkload(frame.payload);
    else if (frame.type !== FrameType.PING) mux.receive(frame);
  }
});
// The pod ends with stdin: this is the only child of PID 1, so its exit ends every process.
process.stdin.on('end', () => end(0));
process.stdin.on('error', () => end(1));
process.stdout.on('error', () => end(1));

const given = process.argv.slice(2);
const ports = [...new Set(given.filter((argument) => !argument.includes('=')).map(Number))];
/** Granted names, with the address of each in this pod. The broker checks their use. */
const names = new Map(
  given
    .filter((argument) => argument.includes('='))
    .map((argument) => argument.split('=') as [string, string]),
);
await Promise.all([
  ...ports.map(listen),
  answerDns('udp4', RESOLVER),
  answerDns('udp4', '0.0.0.0'),
  answerDns('udp6', '::'),
]);
write(encodeFrame(FrameType.READY, 0, Buffer.from(JSON.stringify({ ports }))));

function listen(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, forward);
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    // All addresses, IPv4 and IPv6: with the local route, every address there is.
    server.listen({ port, host: '::', ipv6Only: false }, resolve);
  });
}

function forward(socket: Socket): void {
  if (mux.full) {
    socket.resetAndDestroy();
    return;
  }
  const id = nextStream++;
  const target = { address: socket.localAddress?.replace(/^::ffff:/, ''), port: socket.localPort };
  const stream = mux.open(id);
  write(encodeFrame(FrameType.OPEN, id, Buffer.from(JSON.stringify(target))));
  splice(socket, stream);
}

/**
 * Answers every query at once: a granted name with its address in this pod, every other with "no such name", which is
 * reported. No query leaves the pod.
 */
async function answerDns(type: 'udp4' | 'udp6', address: string): Promise<void> {
  // Not `reuseAddr`, with which any user may bind the same port and take the queries: here, only the gateway's own.
  const socket = createSocket({ type, reusePort: true, ipv6Only: type === 'udp6' });
  socket.on('message', (query: Buffer, peer: RemoteInfo) => {
    const question = dnsQuestion(query);
    if (question === undefined) return;
    const address = addressOf(question.name);
    if (address === undefined)
      write(encodeFrame(FrameType.ATTEMPT, 0, Buffer.from(JSON.stringify({ dns: question.name }))));
    const answer = address === undefined ? refusal(query) : addressAnswer(query, question, address);
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => {
    // No IPv6 in this pod: nothing to answer there.
    socket.on('error', () => resolve());
    socket.bind(53, address, resolve);
  });
}

/** A wildcard matches one label. */
function addressOf(asked: string): string | undefined {
  const name = asked.toLowerCase();
  return names.get(name) ?? names.get(`*${name.slice(name.indexOf('.'))}`);
}

/** Fails closed: with a capability left, the workload could gain from attacking this process. */
function assertUnprivileged(): void {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const held = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].filter((name) => !/^0+$/.test(field(name)));
  const root = field('Uid').split(/\s+/).includes('0');
  if (held.length > 0 || root || field('NoNewPrivs') !== '1') {
    process.stderr.write(`gateway: privileges left: ${held.join(' ')} ${root ? 'root' : ''}\n`);
    process.exit(70);
  }
}
