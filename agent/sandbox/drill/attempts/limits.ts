import { type AttemptClass, inside } from '../attempt.ts';

/** What a server can use up is its own; what it writes, the host need not keep. */
export const limits: AttemptClass = {
  name: 'limits',
  must: 'the server uses up what is its own, and the host goes on',
  attempts: [
    {
      id: 'processes',
      attempt: 'start processes without end',
      code: inside(async ({ children, program, fs }, { WRITABLE }) => {
        // ppoll for nothing: it waits for ever.
        const at = program(`${WRITABLE}/wait`, 'ppoll', 0, 0, 0, 0);
        const started: import('node:child_process').ChildProcess[] = [];
        let refused = '';
        for (let count = 0; count < 400 && refused === ''; count += 1) {
          try {
            const child = children.spawn(at, { stdio: 'ignore' });
            child.on('error', (error: NodeJS.ErrnoException) => {
              refused = error.code ?? 'error';
            });
            started.push(child);
          } catch (error) {
            refused = (error as NodeJS.ErrnoException).code ?? 'error';
          }
          if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        for (const child of started) child.kill('SIGKILL');
        fs.rmSync(at);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return refused || `${started.length} started`;
      }),
      expected: /^EAGAIN$/,
      guardedBy: 'processes',
    },
    {
      id: 'descriptors',
      attempt: 'open files without end',
      code: inside(({ attempt, fs }) =>
        attempt(() => {
          const open: number[] = [];
          try {
            for (let at = 0; at < 5000; at += 1) open.push(fs.openSync('/dev/null', 'r'));
          } finally {
            for (const descriptor of open) fs.closeSync(descriptor);
          }
        }),
      ),
      expected: /^EMFILE$/,
      guardedBy: 'descriptors',
    },
    {
      id: 'raise',
      attempt: 'raise its own limits',
      code: inside(
        ({ fs }) => /^Max open files\s+(\S+\s+\S+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1],
      ),
      expected: /^1024\s+1024$/,
      guardedBy: 'descriptors',
    },
    {
      id: 'raise-by-tool',
      attempt: 'have a shell raise them',
      code: inside(({ tool }) => {
        const raise = ['-Hn 4096', '-Hc unlimited', '-Hf unlimited', '-Sn 4096'].map(
          (limit) => `(ulimit ${limit}) 2>/dev/null && echo raised ${limit}; `,
        );
        return tool('sh', '-c', `${raise.join('')}ulimit -Hn; ulimit -Hc; ulimit -Hf`);
      }),
      // Open files, size of a core, and of a file in blocks of 512 bytes.
      expected: /^ok 1024\n0\n2097152$/,
      guardedBy: 'descriptors',
    },
    {
      id: 'cpu',
      attempt: 'burn all processors',
      code: inside(async ({ threads, sleep }) => {
        const spin = 'for (;;) {}';
        const workers = Array.from({ length: 4 }, () => new threads.Worker(spin, { eval: true }));
        await sleep(400);
        const [from, before] = [performance.now(), process.cpuUsage()];
        await sleep(1500);
        const { user, system } = process.cpuUsage(before);
        const cores = (user + system) / 1000 / (performance.now() - from);
        await Promise.all(workers.map((worker) => worker.terminate()));
        return cores < 1.25 ? 'one processor at most' : `${cores.toFixed(2)} processors`;
      }),
      expected: /^one processor at most$/,
      guardedBy: 'cpu',
    },
    ...['/tmp', '/dev/shm'].map((folder) => ({
      id: `disk${folder.replaceAll('/', '-')}`,
      attempt: `fill the disk by way of ${folder}`,
      code: inside(
        ({ attempt, fs }, _values, folder) =>
          attempt(() => {
            const at = `${folder}/drill-big`;
            const file = fs.openSync(at, 'w');
            try {
              for (let mb = 0; mb < 200; mb += 1) fs.writeSync(file, Buffer.alloc(1 << 20, 1));
            } finally {
              fs.closeSync(file);
              fs.rmSync(at);
            }
          }),
        folder,
      ),
      expected: /^(ENOSPC|ENOENT|EACCES)$/,
      guardedBy: 'disk' as const,
    })),
    {
      id: 'inodes',
      attempt: 'make files without end in /tmp',
      code: inside(({ attempt, fs }) =>
        attempt(() => {
          fs.mkdirSync('/tmp/drill-many');
          try {
            for (let at = 0; at < 20_000; at += 1) fs.closeSync(fs.openSync(`/tmp/drill-many/${at}`, 'w'));
          } finally {
            fs.rmSync('/tmp/drill-many', { recursive: true });
          }
          return 'in its own memory';
        }),
      ),
      expected: /^(done in its own memory|ENOSPC)$/,
      guardedBy: 'disk',
    },
    {
      id: 'memory',
      attempt: 'take memory without end',
      code: inside(async ({ sleep }) => {
        const held: Buffer[] = [];
        for (let taken = 0; taken < 1600; taken += 100) {
          held.push(Buffer.alloc(100 << 20, 1));
          await sleep(1);
        }
        return `holds ${held.length * 100} MB`;
      }),
      expected: /^the server ended \(exit code 137\)$/,
      guardedBy: 'memory',
      alone: true,
    },
    {
      id: 'streams',
      attempt: 'hold a thousand connections',
      code: inside(async ({ net, api, sleep }) => {
        const all: import('node:net').Socket[] = [];
        for (let at = 0; at < 900; at += 1) {
          const socket = net.connect(443, 'api.example.com');
          socket.on('error', () => {});
          all.push(socket);
        }
        await sleep(1200);
        for (const socket of all) socket.destroy();
        await sleep(500);
        return api('/v1/Accounts.json');
      }),
      expected: /^403 .*no rule/,
      guardedBy: 'network',
    },
    {
      id: 'upload',
      attempt: 'send without end to a door that does not read',
      code: inside(async ({ net, api, sleep }) => {
        const socket = net.connect(443, 'api.example.com');
        socket.on('error', () => {});
        const chunk = Buffer.alloc(1 << 20);
        for (let at = 0; at < 100 && !socket.destroyed; at += 1) {
          if (!socket.write(chunk))
            await Promise.race([new Promise((r) => socket.once('drain', r)), sleep(20)]);
        }
        socket.destroy();
        return api('/v1/Accounts.json');
      }),
      expected: /^403 .*no rule/,
      guardedBy: 'network',
    },
    {
      id: 'queries',
      attempt: 'ask the resolver ten thousand questions',
      code: inside(async ({ dgram, api, sleep }) => {
        const socket = dgram.createSocket('udp4');
        const tail = Buffer.from('\x05flood\x07example\x00\x00\x01\x00\x01', 'latin1');
        const query = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), tail]);
        for (let at = 0; at < 10_000; at += 1) {
          socket.send(query, 53, '127.77.255.53', () => {});
          if (at % 500 === 0) await sleep(1);
        }
        await sleep(200);
        socket.close();
        return api('/v1/Accounts.json');
      }),
      expected: /^403 .*no rule/,
      guardedBy: 'network',
      // So many records are bounded; the rest of the drill wants its own.
      alone: true,
    },
    {
      id: 'stderr',
      attempt: 'write to stderr without end',
      code: inside(async () => {
        const line = `${'e'.repeat(1023)}\n`.repeat(1024);
        // More than the host may grow by: keeping it would show.
        for (let mb = 0; mb < 480; mb += 1)
          await new Promise<void>((resolve) => process.stderr.write(line, () => resolve()));
        return 'written';
      }),
      expected: /^written$/,
    },
    {
      id: 'stdout',
      attempt: 'write messages without end',
      code: inside(async () => {
        const message = { jsonrpc: '2.0', method: 'notifications/flood', params: { text: 'x'.repeat(4000) } };
        const lines = `${JSON.stringify(message)}\n`.repeat(250);
        for (let mb = 0; mb < 20; mb += 1)
          await new Promise<void>((resolve) => process.stdout.write(lines, () => resolve()));
        return 'written';
      }),
      expected: /^written$/,
    },
    {
      id: 'garbage',
      attempt: 'write lines that are no messages',
      code: inside(async () => {
        const lines = 'this is no message\n'.repeat(20_000);
        await new Promise<void>((resolve) => process.stdout.write(lines, () => resolve()));
        return 'written';
      }),
      expected: /^(written|the server ended .*)$/,
      alone: true,
    },
    {
      id: 'endless-line',
      attempt: 'write a line without an end',
      code: inside(async ({ sleep }) => {
        for (let mb = 0; mb < 64; mb += 1)
          await new Promise<void>((resolve) => process.stdout.write('x'.repeat(1 << 20), () => resolve()));
        await sleep(3000);
        return 'nobody minded';
      }),
      expected: /^the server ended /,
      alone: true,
    },
    {
      id: 'huge-answer',
      attempt: 'answer with more than fits',
      code: inside(async ({ sleep }) => {
        const text = 'x'.repeat(32 << 20);
        process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text } })}\n`);
        await sleep(3000);
        return 'nobody minded';
      }),
      expected: /^the server ended /,
      alone: true,
    },
  ],
};
