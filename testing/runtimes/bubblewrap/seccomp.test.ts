import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { seccompFilter } from '../../../agent/sandbox/runtimes/bubblewrap/args.ts';
import profile from '../../../agent/sandbox/runtimes/seccomp.json' with { type: 'json' };
import { bubblewrapAvailable, testBubblewrap } from '../../support/bubblewrap.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startPod } from '../../support/pod.ts';
import { compileSyscalls, EXPECTED_SYSCALLS, hasCompiler, syscallsOf } from '../../support/syscalls.ts';
import { seccompMachines, seccompProgram } from './seccomp-filter.ts';
import numbers from './syscall-numbers.json' with { type: 'json' };

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const errno = (value: number) => 0x50000 + value;

/** The kernel's side, as far as our programs go. */
function verdict(
  program: Buffer,
  { nr, arch, args = [] }: { nr: number; arch: number; args?: bigint[] },
): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((arg, index) => {
    data.writeBigUInt64LE(arg, 16 + 8 * index);
  });
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const [code, k] = [program.readUInt16LE(8 * at), program.readUInt32LE(8 * at + 4)];
    const jump = (holds: boolean) => program.readUInt8(8 * at + (holds ? 2 : 3));
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) at += jump(accumulator === k);
    else if (code === 0x35) at += jump(accumulator >= k);
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code}`);
  }
}

const machines = [
  ['x64', 0xc000003e, 0],
  ['arm64', 0xc00000b7, 1],
] as const;

test.each(machines)('on %s the program matches seccomp.json', (machine, arch, column) => {
  const program = readFileSync(seccompFilter(machine));
  const of = (name: string) => (numbers as Record<string, (number | null)[]>)[name]?.[column] ?? -1;
  const asked = (name: string, ...args: number[]) =>
    verdict(program, { nr: of(name), arch, args: args.map(BigInt) });
  const allowed = new Set<number>();
  for (const { names, args, action } of profile.syscalls) {
    if (args !== undefined || action !== 'SCMP_ACT_ALLOW') continue;
    for (const name of names) if (of(name) >= 0) allowed.add(of(name));
  }
  const conditional = new Set(
    [
      ...['clone', 'clone3', 'personality', 'socket', 'socketpair'],
      ...['chmod', 'creat', 'fchmod', 'fchmodat', 'fchmodat2', 'open', 'openat', 'openat2'],
    ].map(of),
  );
  const newest = Math.max(...allowed, ...conditional);
  for (let nr = 0; nr < 600; nr += 1) {
    if (conditional.has(nr)) continue;
    expect([nr, verdict(program, { nr, arch })]).toEqual([
      nr,
      allowed.has(nr) ? ALLOW : errno(nr > newest ? 38 : 1),
    ]);
  }
  for (const protocol of [0, 6, 17]) {
    expect(asked('socket', 2, 1, protocol)).toBe(ALLOW);
    expect(asked('socket', 10, 1, protocol)).toBe(ALLOW);
  }
  // A Unix socket may lie in a granted folder.
  expect(asked('socket', 1, 1, 0)).toBe(errno(1));
  expect(asked('socket', 16, 3, 0)).toBe(ALLOW);
  for (const [domain, protocol] of [
    [2, 1],
    [2, 262],
    [16, 12],
    [17, 0],
    [38, 0],
    [40, 0],
  ] as const)
    expect(asked('socket', domain, 1, protocol)).toBe(errno(1));
  expect(verdict(program, { nr: of('socket'), arch, args: [0x1_0000_0002n, 1n, 0n] })).toBe(errno(1));
  // A mode counts where a file is made: 0o100 is O_CREAT, 0o20200000 O_TMPFILE.
  if (of('chmod') >= 0) expect(asked('chmod', 0, 0o4755)).toBe(errno(1));
  expect(asked('fchmod', 3, 0o1777)).toBe(ALLOW);
  expect(asked('fchmod', 3, 0o2755)).toBe(errno(1));
  expect(asked('fchmodat', 3, 0, 0o4755)).toBe(errno(1));
  expect(asked('openat', 3, 0, 0, 0o4755)).toBe(ALLOW);
  for (const flags of [0o101, 0o20200002]) {
    expect(asked('openat', 3, 0, flags, 0o666)).toBe(ALLOW);
    expect(asked('openat', 3, 0, flags, 0o4755)).toBe(errno(1));
  }
  expect(asked('openat2')).toBe(errno(38));
  expect(asked('clone', 0x3d0f00)).toBe(ALLOW);
  for (const flag of [0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x20000])
    expect(asked('clone', flag | 17)).toBe(errno(1));
  expect(asked('clone3')).toBe(errno(38));
  expect(asked('personality', 0)).toBe(ALLOW);
  expect(asked('personality', 0x20000)).toBe(errno(1));
  for (const [, other] of machines)
    if (other !== arch) expect(verdict(program, { nr: 0, arch: other })).toBe(KILL);
  expect(verdict(program, { nr: 0x40000000, arch })).toBe(errno(machine === 'x64' ? 1 : 38));
});

test.each(seccompMachines)('the shipped filter for %s is what seccomp.json compiles to', (machine) => {
  expect(readFileSync(seccompFilter(machine)), 'run `npm run seccomp-filter`').toEqual(
    seccompProgram(machine),
  );
});

test('makes no program for a machine without a table', () => {
  expect(() => seccompProgram('riscv64')).toThrow(/riscv64/);
  expect(() => readFileSync(seccompFilter('riscv64'))).toThrow(/ENOENT/);
});

const column = { x64: 0, arm64: 1 }[process.arch as string];
test.skipIf(!hasCompiler || column === undefined)('the table matches the C headers of this machine', () => {
  const names = Object.keys(numbers);
  const asked = names.map((name) => `#ifdef __NR_${name}\n"${name}" __NR_${name}\n#endif`).join('\n');
  const input = `#include <sys/syscall.h>\n${asked}\n`;
  const answer = execFileSync('cc', ['-E', '-P', '-x', 'c', '-'], { input, encoding: 'utf8' });
  const known = [...answer.matchAll(/^"(\w+)" (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]);
  expect(known.length).toBeGreaterThan(150);
  for (const [name, number] of known)
    expect([name, (numbers as Record<string, (number | null)[]>)[name as string]?.[column ?? 0]]).toEqual([
      name,
      number,
    ]);
});

test.skipIf(!bubblewrapAvailable || !hasCompiler)(
  'in the sandbox, each call gives the same result as under Docker',
  async () => {
    const folder = temporaryFolder();
    compileSyscalls(join(folder, 'code'));
    const pod = await startPod({ folder, runtime: testBubblewrap });
    onTestFinished(() => pod.server.stop());
    expect(syscallsOf((await pod.sh('/app/try')).output)).toEqual(EXPECTED_SYSCALLS);
  },
);
