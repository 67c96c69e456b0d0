import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

const NOT_THERE = /^(ENOENT|ENOTDIR|EACCES|EPERM) $/;

const known = (id: string, attempt: string, path: string): Attempt => ({
  id,
  attempt,
  code: inside(({ unix }, _values, path) => unix(path), path),
  expected: NOT_THERE,
  guardedBy: 'machine',
});

/** Unix sockets: by path and abstract ones. */
export const sockets: AttemptClass = {
  name: 'sockets',
  must: 'no socket of the host answers',
  attempts: [
    known('docker', "the engine's socket", '/var/run/docker.sock'),
    known('docker-run', "the engine's socket, by its other name", '/run/docker.sock'),
    known('containerd', "containerd's socket", '/run/containerd/containerd.sock'),
    known('dbus', 'the system bus', '/run/dbus/system_bus_socket'),
    known('resolver', "the system's resolver", '/run/systemd/resolve/io.systemd.Resolve'),
    {
      id: 'path',
      attempt: 'a Unix socket of the host, by its path',
      code: inside(({ unix }, { SOCKET }) => unix(SOCKET)),
      expected: NOT_THERE,
    },
    {
      id: 'up',
      attempt: 'the same, up from the granted folder',
      code: inside(({ unix }, { READABLE }) => unix(`${READABLE}/../host.sock`)),
      expected: NOT_THERE,
    },
    {
      id: 'granted',
      attempt: 'a Unix socket of the host that lies in the granted folder',
      code: inside(({ unix }, { GRANTED_SOCKET }) => unix(GRANTED_SOCKET)),
      expected: /^(ENOENT|EACCES|EPERM) $/,
    },
    {
      id: 'link',
      attempt: 'a link to it in the other granted folder',
      code: inside(async ({ unix, fs }, { GRANTED_SOCKET, WRITABLE }) => {
        const link = `${WRITABLE}/link.sock`;
        fs.symlinkSync(GRANTED_SOCKET, link);
        try {
          return await unix(link);
        } finally {
          fs.rmSync(link);
        }
      }),
      expected: /^(ENOENT|EACCES|EPERM) $/,
    },
    {
      id: 'abstract',
      attempt: 'an abstract Unix socket of the host',
      code: inside(({ unix }, { ABSTRACT }) => unix(ABSTRACT)),
      expected: /^(ECONNREFUSED|EPERM) $/,
    },
    {
      id: 'listed',
      attempt: 'abstract sockets that the kernel lists',
      code: inside(({ fs }) => fs.readFileSync('/proc/net/unix', 'utf8').match(/@\S+/g)?.join() ?? 'none'),
      expected: /^none$/,
    },
    {
      id: 'inherited',
      attempt: 'a descriptor that was left open',
      code: inside(({ fs }) =>
        fs
          .readdirSync('/proc/self/fd')
          .flatMap((fd) => {
            try {
              return Number(fd) > 2 ? [fs.readlinkSync(`/proc/self/fd/${fd}`)] : [];
            } catch {
              return [];
            }
          })
          .filter((to) => to.startsWith('/') && !/^\/(dev\/(null|urandom)|proc\/)/.test(to))
          .join(),
      ),
      expected: /^$/,
    },
  ],
};
