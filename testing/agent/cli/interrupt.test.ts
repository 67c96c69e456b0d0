import { expect, test } from 'vitest';
import { runProgram, SOURCES } from '../../support/run.ts';

/** Runs code with these interrupts in a process of its own, which `press` signals as a terminal would. */
const interrupted = (code: string) =>
  runProgram(process.execPath, [
    SOURCES,
    '--input-type=module',
    '-e',
    `import { turnInterrupts } from './agent/sandbox/terminal/interrupt.ts';
     const interrupts = turnInterrupts();
     const tell = (...what) => process.stdout.write(what.join(' ') + '\\n');
     const press = async (signal = 'SIGINT') => {
       process.kill(process.pid, signal);
       await new Promise((resolve) => setTimeout(resolve, 50));
     };
     ${code}`,
  ]);

test('the first Ctrl-C ends the turn, the second the conversation, a third the process', async () => {
  const ran = await interrupted(`await interrupts.during(async (signal) => {
    for (;;) {
      tell(signal.aborted, interrupts.leave.aborted);
      await press();
    }
  });`);
  expect(ran).toMatchObject({ code: 130, stdout: 'false false\ntrue false\ntrue true\n' });
});

test('each turn has a first Ctrl-C of its own; between turns Ctrl-C leaves', async () => {
  const ran = await interrupted(`for (const turn of [1, 2])
    await interrupts.during(async (signal) => { await press(); tell(signal.aborted, interrupts.leave.aborted); });
  await press();
  tell(interrupts.leave.aborted);`);
  expect(ran).toMatchObject({ code: 0, stdout: 'true false\ntrue false\ntrue\n' });
});

test.each([
  ['SIGTERM', 130],
  ['SIGHUP', 129],
] as const)('%s leaves, whether a turn is on or not; more of them hurry nobody', async (signal, exitCode) => {
  const ran = await interrupted(`await interrupts.during(async (signal) => {
    for (const by of ['${signal}', 'SIGHUP', 'SIGTERM']) await press(by);
    tell(signal.aborted, interrupts.leave.aborted, interrupts.leave.reason.exitCode);
  });`);
  expect(ran).toMatchObject({ code: 0, stdout: `true true ${exitCode}\n` });
});
