import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { seccompFilter } from '../../../agent/sandbox/runtimes/bubblewrap/args.ts';
import profile from '../../../agent/sandbox/runtimes/seccomp.json' with { type: 'json' };
import numbers from './syscall-numbers.json' with { type: 'json' };

/**
 * Compiles `seccomp.json`, the profile that Docker takes as it is, to the BPF program that the kernel takes: one list of
 * what is allowed for both runtimes. The program is given one call at a time (`struct seccomp_data`), and says what
 * becomes of it. What no rule allows is EPERM; a call by another architecture's table ends the process.
 */
export function seccompProgram(machine: string): Buffer {
  const architecture = ARCHITECTURES[machine];
  if (architecture === undefined) throw new Error(`no seccomp program for ${machine}`);
  const { audit, column } = architecture;
  return Buffer.concat([
    load(OFFSET.architecture),
    jumpIfEqual(audit, 1, 0),
    answer(KILL_PROCESS),
    load(OFFSET.number),
    // x32: the same architecture by another table, its numbers marked with this bit.
    ...(machine === 'x64' ? [jumpIfAtLeast(0x4000_0000, 0, 1), answer(errno(EPERM))] : []),
    ...Profile.parse(profile).syscalls.flatMap((rule) =>
      rule.names.flatMap((name) => {
        const number = numbersOf(name)[column];
        return typeof number === 'number' ? [compiled(number, rule)] : [];
      }),
    ),
    // Newer than the profile: the C library falls back to older calls on this answer alone, as it does under Docker.
    jumpIfAtLeast(newest(column) + 1, 0, 1),
    answer(errno(ENOSYS)),
    answer(errno(EPERM)),
  ]);
}

const EPERM = 1;
const ENOSYS = 38;

/** What is compiled, and nothing else: another kind of rule in the profile must be an error, not a hole. */
const Rule = z.strictObject({
  names: z.array(z.string()),
  comment: z.string().optional(),
  action: z.enum(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']),
  errnoRet: z.number().optional(),
  args: z
    .array(
      z.discriminatedUnion('op', [
        z.strictObject({ op: z.literal('SCMP_CMP_EQ'), index: z.number(), value: z.number() }),
        // `value` is the mask, `valueTwo` what must be left.
        z.strictObject({
          op: z.literal('SCMP_CMP_MASKED_EQ'),
          index: z.number(),
          value: z.number(),
          valueTwo: z.number(),
        }),
      ]),
    )
    .default([]),
});
type Rule = z.infer<typeof Rule>;
const Profile = z.strictObject({
  defaultAction: z.literal('SCMP_ACT_ERRNO'),
  defaultErrnoRet: z.literal(EPERM),
  architectures: z.array(z.string()),
  syscalls: z.array(Rule),
});

/** By Node's `process.arch`: AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64, and the column in syscall-numbers.json. */
const ARCHITECTURES: Readonly<Record<string, { audit: number; column: 0 | 1 }>> = {
  x64: { audit: 0xc000_003e, column: 0 },
  arm64: { audit: 0xc000_00b7, column: 1 },
};
export const seccompMachines: readonly string[] = Object.keys(ARCHITECTURES);

function numbersOf(name: string): readonly (number | null)[] {
  const row = (numbers as Record<string, (number | null)[]>)[name];
  if (row === undefined) throw new Error(`syscall-numbers.json lacks ${name}`);
  return row;
}

const newest = (column: 0 | 1): number =>
  Math.max(...Object.values(numbers as Record<string, (number | null)[]>).map((row) => row[column] ?? 0));

/** If this is the call, and every argument is as asked: the answer. Else on to the next rule. */
function compiled(number: number, { action, errnoRet, args }: Rule): Buffer {
  const verdict = answer(action === 'SCMP_ACT_ALLOW' ? ALLOW : errno(errnoRet ?? EPERM));
  // The steps in order, last first, so that each knows how far it is to the end.
  let steps = verdict;
  for (const arg of [...args].reverse()) {
    const [mask, wanted] = arg.op === 'SCMP_CMP_EQ' ? [undefined, arg.value] : [arg.value, arg.valueTwo];
    for (const half of ['high', 'low'] as const) {
      const value = BigInt(wanted);
      steps = Buffer.concat([
        load(OFFSET.argument(arg.index, half)),
        ...(mask === undefined ? [] : [and(word(BigInt(mask), half))]),
        jumpIfEqual(word(value, half), 0, count(steps)),
        steps,
      ]);
    }
  }
  // An argument stood where the next rule expects the number.
  const after = args.length > 0 ? load(OFFSET.number) : Buffer.alloc(0);
  return Buffer.concat([jumpIfEqual(number, 0, count(steps)), steps, after]);
}

/** Offsets in `struct seccomp_data`. Arguments are 64 bits, BPF's words 32; both machines put the low word first. */
const OFFSET = {
  number: 0,
  architecture: 4,
  argument: (index: number, half: 'low' | 'high') => 16 + 8 * index + (half === 'high' ? 4 : 0),
};
const word = (value: bigint, half: 'low' | 'high'): number =>
  Number((half === 'high' ? value >> 32n : value) & 0xffff_ffffn);

const KILL_PROCESS = 0x8000_0000;
const ALLOW = 0x7fff_0000;
const errno = (value: number): number => 0x0005_0000 | value;

/** One `struct sock_filter`: code, how many to skip when true and when false, operand. */
function instruction(code: number, k: number, whenTrue = 0, whenFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(whenTrue, 2);
  bytes.writeUInt8(whenFalse, 3);
  bytes.writeUInt32LE(k, 4);
  return bytes;
}
const count = (instructions: Buffer): number => instructions.length / 8;
const load = (offset: number) => instruction(0x20, offset);
const and = (mask: number) => instruction(0x54, mask);
const jumpIfEqual = (k: number, whenTrue: number, whenFalse: number) =>
  instruction(0x15, k, whenTrue, whenFalse);
const jumpIfAtLeast = (k: number, whenTrue: number, whenFalse: number) =>
  instruction(0x35, k, whenTrue, whenFalse);
const answer = (action: number) => instruction(0x06, action);

// `npm run seccomp-filter` writes the shipped programs anew.
if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url))
  for (const machine of seccompMachines) writeFileSync(seccompFilter(machine), seccompProgram(machine));
