import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Processes that this one started, however far down, as `pid command`. */
export function descendants(of: number = process.pid): string[] {
  return readdirSync(`/proc/${of}/task`)
    .flatMap((thread) => read(`/proc/${of}/task/${thread}/children`).split(' ').filter(Boolean))
    .flatMap((pid) => [
      `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 100)}`,
      ...(read(`/proc/${pid}/cmdline`) === '' ? [] : descendants(Number(pid))),
    ])
    .filter((row) => !row.endsWith(' '));
}

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Inodes of what this process holds open, its descendants, and processes that nobody waits for any more. */
function heldByOurs(): Set<string> {
  const orphans = list('/proc').filter((pid) => /^PPid:\t1$/m.test(read(`/proc/${pid}/status`)));
  const pids = ['self', ...descendants().map((row) => row.split(' ')[0] ?? ''), ...orphans];
  const links = pids.flatMap((pid) => list(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`)));
  return new Set(links.flatMap((to) => /^socket:\[(\d+)\]$/.exec(to)?.[1] ?? []));
}
const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Sockets that listen: TCP's, and Unix sockets with a path in the temporary folder. Those of others come and go. */
function listening(): string[] {
  const ours = heldByOurs();
  const rows = (kind: string) =>
    read(`/proc/self/net/${kind}`)
      .split('\n')
      .map((row) => row.trim().split(/\s+/));
  return [
    ...['tcp', 'tcp6'].flatMap((kind) =>
      rows(kind).flatMap((row) => (row[3] === '0A' ? (row[9] ?? '') : [])),
    ),
    ...rows('unix').flatMap((row) =>
      row[3] === '00010000' && row[7]?.startsWith(tmpdir()) ? (row[6] ?? '') : [],
    ),
  ].filter((inode) => ours.has(inode));
}

/** What a run may leave behind on this machine: processes, temporary folders, sockets that listen, descriptors. */
export const traces = () => ({
  processes: descendants(),
  folders: readdirSync(tmpdir()).filter((name) => name.startsWith(`spendwise-run-${process.pid}`)),
  listening: listening(),
  descriptors: readdirSync('/proc/self/fd').length,
});

/** What is there now and was not before. What others on this machine have ended meanwhile does not count. */
export function moreThan(before: ReturnType<typeof traces>): string[] {
  const now = traces();
  return [
    ...now.processes.filter((row) => !before.processes.includes(row)),
    ...now.folders.filter((name) => !before.folders.includes(name)),
    ...now.listening
      .filter((inode) => !before.listening.includes(inode))
      .map((inode) => `listening: ${inode}`),
    ...(now.descriptors > before.descriptors ? [`${now.descriptors} descriptors`] : []),
  ];
}
