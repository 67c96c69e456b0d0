import type { Attempt } from '../attempt.ts';

const write = (path: string) => `return attempt(() => fs.writeFileSync('${path}', 'x'))`;

/** Files: a read-only root, granted folders as granted, nothing of the host besides. */
export const filesystem: readonly Attempt[] = [
  { id: 'root', attempt: 'write to the root', code: write('/pwned'), expected: /^(EROFS|EACCES)$/ },
  {
    id: 'code',
    attempt: 'change its own code',
    code: write('/app/server.mjs'),
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'granted',
    attempt: 'write to a folder that was granted for reading',
    code: write('GRANTED/pwned'),
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'granted-file',
    attempt: 'change a file there',
    code: write('GRANTED/data.txt'),
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'granted-read',
    attempt: 'read there (which is granted)',
    code: "return fs.readFileSync('GRANTED/data.txt', 'utf8')",
    expected: /^granted data$/,
  },
  {
    id: 'link',
    attempt: 'follow a link out of the folder',
    code: "return attempt(() => fs.readFileSync('GRANTED/link', 'utf8'))",
    expected: /^ENOENT$/,
  },
  {
    id: 'up',
    attempt: 'climb out of the folder',
    code: "return attempt(() => fs.readFileSync('GRANTED/../secret.txt', 'utf8'))",
    expected: /^ENOENT$/,
  },
  {
    id: 'ca',
    attempt: 'trust a CA of its own',
    code: write('/run/spendwise/ca.pem'),
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'remount',
    attempt: 'remount the root writable',
    code: "return sh('busybox mount -o remount,rw /')",
    expected: /^exit .*(permitted|denied|are you root)/i,
  },
  {
    id: 'bind',
    attempt: 'mount something',
    code: "return sh('busybox mount -t tmpfs none /tmp')",
    expected: /^exit .*(permitted|denied|are you root)/i,
  },
  {
    id: 'noexec',
    attempt: 'run a program from /tmp',
    code: "return sh('cp /bin/busybox /tmp/b && chmod +x /tmp/b && /tmp/b true')",
    expected: /^exit 126 .*denied/i,
  },
  {
    id: 'tmp-size',
    attempt: 'fill the disk by way of /tmp',
    code: "return attempt(() => { const b = Buffer.alloc(1 << 20); const f = fs.openSync('/tmp/big', 'w'); try { for (let i = 0; i < 200; i++) fs.writeSync(f, b); } finally { fs.closeSync(f); fs.rmSync('/tmp/big'); } })",
    expected: /^ENOSPC$/,
  },
  {
    id: 'docker-socket',
    attempt: "the engine's socket",
    code: "return attempt(() => fs.statSync('/var/run/docker.sock'))",
    expected: /^ENOENT$/,
  },
  {
    id: 'sysctl',
    attempt: 'change the kernel',
    code: write('/proc/sys/kernel/core_pattern'),
    expected: /^(EROFS|EACCES)$/,
  },
  {
    id: 'sysrq',
    attempt: 'reboot by sysrq',
    code: "return attempt(() => fs.openSync('/proc/sysrq-trigger', 'w'))",
    expected: /^(EROFS|EACCES|ENOENT)$/,
  },
  {
    id: 'sys',
    attempt: 'write to /sys',
    code: write('/sys/kernel/uevent_helper'),
    expected: /^(EROFS|EACCES|ENOENT)$/,
  },
  {
    id: 'devices',
    attempt: "the host's disks and memory",
    code: "return fs.readdirSync('/dev').filter((n) => /^(sd|vd|nvme|mem|kmem|kmsg|port)/.test(n)).join() || 'none'",
    expected: /^none$/,
  },
  {
    id: 'mknod',
    attempt: 'make a device',
    code: "return sh('busybox mknod /tmp/disk b 254 0')",
    expected: /^exit .*(permitted|denied)/i,
  },
  {
    id: 'kcore',
    attempt: 'read the kernel memory',
    code: "return attempt(() => { const f = fs.openSync('/proc/kcore', 'r'); return fs.readSync(f, Buffer.alloc(16)); })",
    expected: /^(EACCES|EPERM|ENOENT|done 0)$/,
  },
];
