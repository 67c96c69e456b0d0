// The hostile server: an MCP server over stdio whose one tool runs whatever code it is given, with helpers to try
// things. Mounted into the sandbox by itself, so it imports nothing but Node.
import children from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import threads from 'node:worker_threads';

const LIMIT_MS = 4000;
const API = 'api.example.com';
/** Where no broker stands before the server, it is told of the stand-in like this. */
const override = process.env.API_BASE_URL;

/** Collects what comes until the end, an error or the limit: the error's code or `closed`, and the text. */
function collect(socket, connected, data) {
  return new Promise((resolve) => {
    let got = '';
    const timer = setTimeout(() => socket.destroy(), LIMIT_MS);
    socket.on(connected, () => data !== undefined && socket.write(data));
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('error', (error) => resolve(`${error.code} ${got}`));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(`closed ${got}`);
    });
  });
}

const tcp = (host, port, data) => collect(net.connect({ host, port }), 'connect', data);
const unix = (path) => collect(net.connect({ path }), 'connect');
const overTls = (options, data) =>
  collect(tls.connect({ host: API, port: 443, servername: API, ...options }), 'secureConnect', data);

/** Bytes of HTTP, through the one door to the API. */
const speak = (http) =>
  override ? tcp(new URL(override).hostname, new URL(override).port, http) : overTls({}, http);

/** A request to the API: status and body. */
async function api(path, init = {}) {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(`${override ?? `https://${API}`}${path}`, { ...init, signal });
  return `${response.status} ${(await response.text()).slice(0, 1500)}`;
}

/** The same to the API that takes JSON. */
async function notes(path, init = {}) {
  const base = process.env.NOTES_BASE_URL ?? 'https://notes.example.com';
  const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(LIMIT_MS) });
  return `${response.status} ${(await response.text()).slice(0, 1500)}`;
}

const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });

/** One datagram: the answer, the error, or silence. */
function udp(host, port, data = 'x') {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
    let over = false;
    const done = (text) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      socket.close();
      resolve(text);
    };
    const timer = setTimeout(() => done('silence'), 500);
    socket.on('error', (error) => done(error.code));
    socket.on('message', (message) => done(`answer ${message.toString('hex')}`));
    socket.send(data, port, host, (error) => error && done(error.code));
  });
}

/** `done` and what came of it, or the code of the error. */
const attempt = async (action) => {
  try {
    return `done ${await action()}`;
  } catch (error) {
    if (error instanceof CannotTry) throw error;
    return `${error.code ?? error.cause?.code ?? error.message}`;
  }
};

/** Not an outcome: what the attempt needs is not here. */
class CannotTry extends Error {}

/** Runs a program of the image: `ok` or `exit N`, and what it said. */
const tool = (program, ...args) =>
  new Promise((resolve, reject) => {
    children.execFile(program, args, { timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') reject(new CannotTry(`no such tool: ${program}`));
      else resolve(`${error ? `exit ${error.code ?? error.signal}` : 'ok'} ${stdout}${stderr}`.trim());
    });
  });

/** System calls by name: numbers on x64 and arm64. */
const CALLS = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  chroot: [161, 51],
  clock_settime: [227, 112],
  clone3: [435, 435],
  close: [3, 57],
  fanotify_init: [300, 262],
  fsopen: [430, 430],
  init_module: [175, 105],
  io_uring_setup: [425, 425],
  kcmp: [312, 272],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  linkat: [265, 37],
  mknodat: [259, 33],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  personality: [135, 92],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  ppoll: [271, 73],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  reboot: [169, 142],
  sethostname: [170, 161],
  setns: [308, 268],
  socket: [41, 198],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
};

const BASE = 0x400000;
const HEADERS = 120;

/** A program of a hundred bytes that makes one system call and ends with its errno, or 0. */
function elf(name, args) {
  const x64 = process.arch === 'x64';
  if (CALLS[name] === undefined || (!x64 && process.arch !== 'arm64'))
    throw new CannotTry(`no such tool: system calls on ${process.arch}`);
  const values = [CALLS[name][x64 ? 0 : 1], ...args, 0, 0, 0, 0, 0, 0].slice(0, 7);
  const strings = Buffer.from(values.map((v) => (typeof v === 'string' ? `${v}\0` : '')).join(''));
  let string = 0;
  const build = (size) => {
    string = BASE + HEADERS + size;
    const words = values.map((value) => {
      if (typeof value === 'number') return BigInt.asUintN(64, BigInt(value));
      // A pointer: to the text, or for null to zeroed memory behind it all.
      if (value === null) return BigInt(BASE + HEADERS + size + strings.length);
      const at = string;
      string += Buffer.byteLength(value) + 1;
      return BigInt(at);
    });
    return x64 ? codeX64(words) : codeArm64(words);
  };
  const code = build(build(0).length);
  const size = HEADERS + code.length + strings.length;
  const head = Buffer.alloc(HEADERS);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(x64 ? 62 : 183, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(BASE + HEADERS), 24);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  // One segment, for reading, writing and running, with a page of zeros behind it.
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(7, 68);
  head.writeBigUInt64LE(BigInt(BASE), 80);
  head.writeBigUInt64LE(BigInt(BASE), 88);
  head.writeBigUInt64LE(BigInt(size), 96);
  head.writeBigUInt64LE(BigInt(size + 4096), 104);
  head.writeBigUInt64LE(4096n, 112);
  return Buffer.concat([head, code, strings]);
}

function codeX64(words) {
  // mov rax|rdi|rsi|rdx|r10|r8|r9, imm64
  const moves = ['48b8', '48bf', '48be', '48ba', '49ba', '49b8', '49b9'].flatMap((op, at) => {
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(words[at]);
    return [Buffer.from(op, 'hex'), value];
  });
  // syscall; xor edi,edi; test rax,rax; jns +5; neg rax; mov edi,eax; mov eax,231 (exit_group); syscall
  return Buffer.concat([...moves, Buffer.from('0f0531ff4885c0790548f7d889c7b8e70000000f05', 'hex')]);
}

function codeArm64(words) {
  const out = [];
  // movz, movk: x8 is the number, x0 to x5 the arguments
  words.forEach((word, at) => {
    const register = at === 0 ? 8 : at - 1;
    for (let part = 0; part < 4; part += 1) {
      const bits = Number((word >> BigInt(16 * part)) & 0xffffn);
      out.push(((part === 0 ? 0xd2800000 : 0xf2800000) | (part << 21) | (bits << 5) | register) >>> 0);
    }
  });
  // svc; neg x1,x0; cmp x0,#0; csel x0,x1,xzr,lt; mov x8,#94 (exit_group); svc
  out.push(0xd4000001, 0xcb0003e1, 0xf100001f, 0x9a9fb020, 0xd2800bc8, 0xd4000001);
  const code = Buffer.alloc(out.length * 4);
  out.forEach((word, at) => {
    code.writeUInt32LE(word, at * 4);
  });
  return code;
}

/** Writes such a program. */
function program(at, name, ...args) {
  fs.writeFileSync(at, elf(name, args), { mode: 0o755 });
  return at;
}

/** Node does not know this one. */
const ESOCKTNOSUPPORT = 94;
const errno = (code) =>
  code === ESOCKTNOSUPPORT
    ? 'ESOCKTNOSUPPORT'
    : Object.entries(os.constants.errno).find(([, number]) => number === code)?.[0];

function call(name, args) {
  const at = program(`${values.WRITABLE}/call-${process.pid}`, name, ...args);
  try {
    const { status, signal, error } = children.spawnSync(at, { timeout: LIMIT_MS });
    if (error !== undefined || signal !== null) return `${error?.code ?? signal}`;
    return status === 0 ? 'done' : (errno(status) ?? `errno ${status}`);
  } finally {
    fs.rmSync(at, { force: true });
  }
}

/** One system call, made by a program of our own: `done`, or the name of the error. */
function syscall(name, ...args) {
  const works = call('close', [-1]);
  if (works !== 'EBADF') throw new CannotTry(`no such tool: a program of its own (${works})`);
  return call(name, args);
}

const commandOf = (pid) => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** Process id of the gateway's relay. */
function gateway() {
  const pid = fs
    .readdirSync('/proc')
    .find((name) => /^[0-9]+$/.test(name) && /^node\0.*relay\.mjs/.test(commandOf(name)));
  if (pid === undefined) throw new Error('no gateway in sight');
  return pid;
}

const status = (pid, field) =>
  new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What attempts of the start came to. */
const startups = new Map();
const started = (id) => startups.get(id);

/** How it speaks MCP; honestly, unless an attempt says otherwise. */
let misbehaviour = () => false;
const misbehave = (how) => {
  misbehaviour = how;
};
let lists = 0;

const attemptTool = {
  name: 'attempt',
  description: 'Runs code inside',
  inputSchema: {
    type: 'object',
    properties: { code: { type: 'string' }, values: { type: 'object' } },
    required: ['code'],
  },
};

const modules = { fs, net, dns, tls, dgram, os, children, threads };
const means = {
  tcp,
  unix,
  udp,
  overTls,
  speak,
  api,
  notes,
  form,
  attempt,
  tool,
  syscall,
  program,
  gateway,
  status,
};
const inside = { ...modules, ...means, sleep, started, misbehave, ownTool: attemptTool };
let values = {};
const AsyncFunction = (async () => {}).constructor;

async function run(code, told) {
  values = told;
  try {
    const observed = await new AsyncFunction('inside', 'values', code)(inside, told);
    return { observed: String(observed).slice(0, 2000), tried: true };
  } catch (error) {
    if (error instanceof CannotTry) return { observed: error.message, tried: false };
    return { observed: `threw ${error.code ?? error.cause?.code ?? error.message}`, tried: true };
  }
}

// Before anything is asked, or the gateway may be ready: an argument is an attempt.
for (const argument of process.argv.slice(2)) {
  const { id, code, values: told } = JSON.parse(argument);
  startups.set(
    id,
    run(code, told).then(({ observed }) => observed),
  );
}

const methods = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '1' },
  }),
  'server/discover': () => ({
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'hostile', version: '1' } },
    resultType: 'complete',
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [attemptTool] }),
  'tools/call': async ({ arguments: { code, values: told = {} } }) => ({
    content: [{ type: 'text', text: JSON.stringify(await run(code, told)) }],
  }),
};

// An attempt that fails later, by itself, must not end the server for the next one.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});

const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined || method === undefined) return;
    if (method === 'tools/list') lists += 1;
    if (misbehaviour({ id, method, params }, say, lists)) return;
    const answer =
      methods[method] === undefined
        ? { error: { code: -32601, message: 'no such method' } }
        : { result: await methods[method](params) };
    say({ id, ...answer });
  })
  .on('close', () => process.exit(0));
