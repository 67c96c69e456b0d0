import { readdirSync, readFileSync } from 'node:fs';
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

/** What a run may leave behind on this machine: processes, temporary folders, sockets that listen, descriptors. */
export const traces = () => ({
  processes: descendants(),
  folders: readdirSync(tmpdir()).filter((name) => name.startsWith(`spendwise-run-${process.pid}`)),
  listening: ['tcp', 'tcp6', 'unix']
    .flatMap((kind) => read(`/proc/self/net/${kind}`).split('\n'))
    // TCP's LISTEN, and a Unix socket's flag for it, with a path in the temporary folder.
    .filter((row) => / 0A /.test(row) || (/ 00010000 /.test(row) && row.includes(tmpdir()))).length,
  descriptors: readdirSync('/proc/self/fd').length,
});

/** What is there now and was not before. What others on this machine have ended meanwhile does not count. */
export function moreThan(before: ReturnType<typeof traces>): string[] {
  const now = traces();
  return [
    ...now.processes.filter((row) => !before.processes.includes(row)),
    ...now.folders.filter((name) => !before.folders.includes(name)),
    ...(now.listening > before.listening ? [`${now.listening} listening sockets`] : []),
    ...(now.descriptors > before.descriptors ? [`${now.descriptors} descriptors`] : []),
  ];
}
