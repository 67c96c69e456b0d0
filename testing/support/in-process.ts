import { spendwiseProgram } from '../../agent/cli/program.ts';
import { runCommand } from '../../agent/sandbox/cli/run-program.ts';
import { ENDINGS } from '../../agent/sandbox/terminal/interrupt.ts';
import { bareEnvironment, type Ran, REPO, type RunOptions } from './run.ts';

let busy = false;

/**
 * What `spendwise` in run.ts does, in this process: most of the time of a whole program goes into its start. It gets
 * neither input nor signals, and nothing here shows that the program would end: each command has tests of the program too.
 * One at a time, as environment, folder and streams are those of the process.
 */
export async function spendwiseHere(
  args: readonly string[],
  { env, cwd = REPO }: Pick<RunOptions, 'env' | 'cwd'> = {},
): Promise<Omit<Ran, 'signal'>> {
  if (busy) throw new Error('another command runs in this process: wait for it, or start a program');
  busy = true;
  const before = { env: { ...process.env }, cwd: process.cwd(), exitCode: process.exitCode };
  const listeners = ENDINGS.map((name) => process.listeners(name));
  const stdout = captured(process.stdout);
  const stderr = captured(process.stderr);
  setEnvironment(bareEnvironment(env));
  process.chdir(cwd);
  process.exitCode = undefined;
  try {
    await runCommand(spendwiseProgram(), args);
    return { code: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    for (const stream of [stdout, stderr]) stream.release();
    setEnvironment(before.env);
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
    for (const [at, name] of ENDINGS.entries())
      for (const listener of process.listeners(name))
        if (!listeners[at]?.includes(listener)) process.off(name, listener);
    busy = false;
  }
}

/** In place: the time zone and HOME are read past JavaScript. */
function setEnvironment(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
}

function captured(stream: NodeJS.WriteStream) {
  const { write } = stream;
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  };
  return {
    text: () => text,
    release: () => {
      stream.write = write;
    },
  };
}
