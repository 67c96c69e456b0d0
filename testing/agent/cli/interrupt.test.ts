import { expect, test } from 'vitest';
import { runProgram, SOURCES } from '../../support/run.ts';

/** Runs code with these interrupts in a process of its own, which `press` signals as a terminal would. */
const interrupted = (code: string) =>
  runProgram(process.execPath, [
    SOURCES,
    '--input-type=module',
    '-e',
    `import { once } from 'node:events';
     import { turnInterrupts } from './agent/sandbox/terminal/interrupt.ts';
     const interrupts = turnInterrupts();
     const tell = (...what) => process.stdout.write(what.join(' ') + '\\n');
     // Each press is a second after the one before, however fast this machine is.
     let now = 0;
     performance.now = () => now;
     const again = async (signal = 'SIGINT') => {
       // Waiting for a signal keeps no process alive.
       const alive = setInterval(() => {}, 60_000);
       process.kill(process.pid, signal);
       await once(process, signal);
       clearInterval(alive);
     };
     const press = (signal) => {
       now += 1_000;
       return again(signal);
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

test('a Ctrl-C that npm passes on as well is one', async () => {
  const ran = await interrupted(`await interrupts.during(async (signal) => {
    for (const turn of [1, 2]) {
      await press();
      await again();
      tell(signal.aborted, interrupts.leave.aborted);
    }
  });`);
  expect(ran).toMatchObject({ code: 0, stdout: 'true false\ntrue true\n' });
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
