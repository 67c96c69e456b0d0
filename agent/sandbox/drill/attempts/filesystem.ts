import { type AttemptClass, fails, inside } from '../attempt.ts';

const NOT_THERE = /^ENOENT$/;

/** Files: a read-only root, granted folders as granted, nothing of the host besides. */
export const filesystem: AttemptClass = {
  name: 'filesystem',
  must: 'files are read and written as granted',
  attempts: [
    fails('root', 'write to the root', ({ fs }) => fs.writeFileSync('/pwned', 'x'), undefined, 'machine'),
    fails('etc', 'add a user', ({ fs }) => fs.appendFileSync('/etc/passwd', 'x'), undefined, 'machine'),
    fails('code', 'change its own code', ({ fs }) => fs.appendFileSync(process.argv[1] ?? '', ' ')),
    fails(
      'ca',
      'trust a CA of its own',
      ({ fs }) => fs.writeFileSync('/run/spendwise/ca.pem', 'x'),
      undefined,
      'machine',
    ),
    fails(
      'program',
      'replace Node',
      ({ fs }) => fs.openSync(process.execPath, 'r+'),
      /^(EROFS|EACCES|EPERM|ETXTBSY)$/,
      'machine',
    ),
    fails('create', 'write to a folder granted for reading', ({ fs }, { READABLE }) =>
      fs.writeFileSync(`${READABLE}/pwned`, 'x'),
    ),
    fails('change', 'change a file there', ({ fs }, { READABLE }) =>
      fs.appendFileSync(`${READABLE}/data.txt`, ' '),
    ),
    fails('truncate', 'empty a file there', ({ fs }, { READABLE }) =>
      fs.truncateSync(`${READABLE}/data.txt`, 12),
    ),
    fails(
      'remove',
      'remove a file there',
      ({ fs }, { READABLE }) => fs.unlinkSync(`${READABLE}/spare.txt`),
      /^(EROFS|EACCES)$/,
    ),
    fails('rename', 'rename a file there', ({ fs }, { READABLE }) => {
      fs.renameSync(`${READABLE}/data.txt`, `${READABLE}/moved.txt`);
      fs.renameSync(`${READABLE}/moved.txt`, `${READABLE}/data.txt`);
    }),
    fails('mode', "change a file's mode there", ({ fs }, { READABLE }) =>
      fs.chmodSync(`${READABLE}/data.txt`, 0o644),
    ),
    fails('times', "change a file's times there", ({ fs }, { READABLE }) =>
      fs.utimesSync(`${READABLE}/data.txt`, 1, 1),
    ),
    fails(
      'reopen',
      'open a file for reading and again, through /proc, for writing',
      ({ fs }, { READABLE }) => {
        const descriptor = fs.openSync(`${READABLE}/data.txt`, 'r');
        try {
          fs.closeSync(fs.openSync(`/proc/self/fd/${descriptor}`, 'r+'));
        } finally {
          fs.closeSync(descriptor);
        }
      },
    ),
    fails(
      'hard-link',
      'link a file from the readable folder into the writable one',
      ({ fs }, { READABLE, WRITABLE }) => {
        fs.linkSync(`${READABLE}/data.txt`, `${WRITABLE}/hard`);
        fs.rmSync(`${WRITABLE}/hard`);
      },
      /^(EXDEV|EROFS|EPERM)$/,
    ),
    {
      id: 'hard-link-proc',
      attempt: 'the same by way of an open descriptor',
      code: inside(({ syscall }, { READABLE, WRITABLE }) => {
        // linkat, following the link: 0x400 is AT_SYMLINK_FOLLOW.
        return syscall(
          'linkat',
          -100,
          `/proc/self/root${READABLE}/data.txt`,
          -100,
          `${WRITABLE}/hard2`,
          0x400,
        );
      }),
      expected: /^(EXDEV|EROFS|EPERM|EACCES)$/,
    },
    fails(
      'set-user-id',
      'leave a program in the writable folder that runs as its owner when somebody starts it outside',
      ({ fs }, { WRITABLE }) => {
        const path = `${WRITABLE}/program`;
        fs.writeFileSync(path, 'x');
        try {
          fs.chmodSync(path, 0o4755);
        } finally {
          fs.rmSync(path);
        }
      },
      /^EPERM$/,
    ),
    fails(
      'set-user-id-made',
      'make a file there that is one from the beginning',
      ({ fs }, { WRITABLE }) => {
        const path = `${WRITABLE}/made`;
        fs.closeSync(fs.openSync(path, 'w', 0o4755));
        fs.rmSync(path);
      },
      /^EPERM$/,
    ),
    fails(
      'rename-across',
      'move a file from one granted folder to the other',
      ({ fs }, { READABLE, WRITABLE }) => {
        fs.renameSync(`${READABLE}/data.txt`, `${WRITABLE}/moved`);
        fs.renameSync(`${WRITABLE}/moved`, `${READABLE}/data.txt`);
      },
      /^(EXDEV|EROFS)$/,
    ),
    fails(
      'link',
      'follow a link out of the folder',
      ({ fs }, { READABLE }) => fs.readFileSync(`${READABLE}/link`, 'utf8'),
      NOT_THERE,
    ),
    fails(
      'up',
      'climb out of the folder',
      ({ fs }, { READABLE }) => fs.readFileSync(`${READABLE}/../secret.txt`, 'utf8'),
      NOT_THERE,
    ),
    fails(
      'absolute',
      'read a file that was not granted',
      ({ fs }, { SECRET }) => fs.readFileSync(SECRET, 'utf8'),
      NOT_THERE,
    ),
    fails(
      'own-link',
      'make a link out of the writable folder and follow it',
      ({ fs }, { WRITABLE, SECRET }) => {
        fs.symlinkSync(SECRET, `${WRITABLE}/out`);
        try {
          return fs.readFileSync(`${WRITABLE}/out`, 'utf8');
        } finally {
          fs.rmSync(`${WRITABLE}/out`);
        }
      },
      NOT_THERE,
    ),
    fails(
      'own-root',
      'go through /proc/self/root',
      ({ fs }, { SECRET }) => fs.readFileSync(`/proc/self/root${SECRET}`, 'utf8'),
      NOT_THERE,
    ),
    fails(
      'other-root',
      "go through the first process's root",
      ({ fs }, { SECRET }) => fs.readFileSync(`/proc/1/root${SECRET}`, 'utf8'),
      /^(EACCES|EPERM|ENOENT)$/,
    ),
    fails(
      'other-cwd',
      "go through the first process's working directory",
      ({ fs }) => fs.readdirSync('/proc/1/cwd/'),
      // Where it is the sandbox's own first process, it stands in the same folder as the server.
      /^(EACCES|EPERM|done hostile-server\.mjs)$/,
    ),
    fails(
      'map-files',
      "read the gateway's program files",
      ({ fs, gateway }) => fs.readdirSync(`/proc/${gateway()}/map_files`),
      /^(EACCES|EPERM|no gateway in sight)$/,
    ),
    fails(
      'beside',
      'see what lies beside the granted folders',
      ({ fs }, { READABLE }) => fs.readdirSync(`${READABLE}/..`).sort().join(),
      /^done readable,writable$/,
    ),
    {
      id: 'writable',
      attempt: 'find any other place to write',
      code: inside(({ fs }, { WRITABLE }) => {
        const mounts = fs
          .readFileSync('/proc/self/mountinfo', 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[4] ?? '');
        const open = mounts.filter((at) => {
          const path = `${at}/drill-${process.pid}`;
          try {
            fs.writeFileSync(path, '');
            fs.rmSync(path);
            return at !== WRITABLE;
          } catch {
            return false;
          }
        });
        return open.sort().join();
      }),
      expected: /^(\/dev\/mqueue,?)?(\/dev\/shm,?)?\/tmp$/,
      guardedBy: 'machine',
    },
    ...['/tmp', '/dev/shm'].map((folder) => ({
      id: `noexec${folder.replaceAll('/', '-')}`,
      attempt: `run a program from ${folder}`,
      code: inside(({ program, children, fs }, _values, folder) => {
        const at = program(`${folder}/drill-${process.pid}`, 'close', -1);
        const { error, status } = children.spawnSync(at);
        fs.rmSync(at);
        return (error as NodeJS.ErrnoException | undefined)?.code ?? `ran ${status}`;
      }, folder),
      expected: /^(EACCES|EPERM)$/,
    })),
    {
      id: 'dlopen',
      attempt: 'load native code from /tmp',
      code: inside(({ program, attempt, fs }) => {
        const at = program(`/tmp/drill-${process.pid}.node`, 'close', -1);
        return attempt(() => process.dlopen({ exports: {} }, at)).finally(() => fs.rmSync(at));
      }),
      expected: /^ERR_DLOPEN_FAILED$/,
    },
  ],
};
