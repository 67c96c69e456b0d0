/**
 * Milliseconds of processor that something takes of this process, once what it returns is there. Unlike time on a
 * clock, they do not grow because others use the machine.
 */
export async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
