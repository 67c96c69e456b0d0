import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { NotConfigured } from '../foundation/errors.ts';
import type { PythonTarget } from '../plan/runtime.ts';

const ASK_MS = 30_000;

/** Asks a Python what it is. Isolated: it imports nothing but its own library. */
export const WHAT_PYTHON = ['python3', '-I', '-S', '-c'] as const;
export const WHAT_PYTHON_IS = `import json, os, platform, sys
v = sys.implementation.version
try: libc = os.confstr('CS_GNU_LIBC_VERSION')
except (AttributeError, OSError, ValueError): libc = None
print(json.dumps({
  'libc': libc, 'free_threaded': bool(getattr(sys, 'abiflags', '').count('t')), 'markers': {
  'implementation_name': sys.implementation.name,
  'implementation_version': '%d.%d.%d' % v[:3] + ('' if v[3] == 'final' else v[3][0] + str(v[4])),
  'os_name': os.name, 'platform_machine': platform.machine(), 'platform_release': platform.release(),
  'platform_system': platform.system(), 'platform_version': platform.version(),
  'python_full_version': platform.python_version(), 'sys_platform': sys.platform,
  'platform_python_implementation': platform.python_implementation(),
  'python_version': '.'.join(platform.python_version_tuple()[:2])}}))`;

const Answer = z.object({
  libc: z.string().nullable(),
  free_threaded: z.boolean(),
  markers: z.record(z.string(), z.string().max(300)),
});

/** Throws NotConfigured for what is not the usual Python on Linux: for nothing else are wheels chosen here. */
export function readPython(answer: string): PythonTarget {
  const { libc, free_threaded, markers } = read(answer);
  const { implementation_name, python_full_version = '', platform_machine = '', sys_platform } = markers;
  const version = /^3\.\d{1,3}\.\d{1,3}/.exec(python_full_version)?.[0];
  const usual = implementation_name === 'cpython' && sys_platform === 'linux' && !free_threaded;
  if (!usual || version === undefined || !/^\w+$/.test(platform_machine))
    throw new NotConfigured(
      'published Python packages run under CPython 3 on Linux alone',
      'use --runtime docker, with an image that has it as codeImage',
    );
  const glibc = /^glibc (2)\.(\d{1,2})$/.exec(libc ?? '');
  return {
    version,
    machine: platform_machine,
    libc: glibc ? { kind: 'glibc', version: glibc.slice(1).map(Number) } : { kind: 'musl', version: [1, 2] },
    markers,
  };
}

function read(answer: string): z.output<typeof Answer> {
  try {
    return Answer.parse(JSON.parse(answer.slice(0, 10_000)));
  } catch (error) {
    throw new NotConfigured('its Python does not say what it is', 'take the usual one', error);
  }
}

/** The Python that is first on this path of folders. Throws NotConfigured where there is none. */
export async function hostPython(path: string): Promise<PythonTarget> {
  const [command, ...words] = WHAT_PYTHON;
  let answer: { stdout: string };
  try {
    const options = { env: { PATH: path }, cwd: '/', timeout: ASK_MS };
    answer = await promisify(execFile)(command, [...words, WHAT_PYTHON_IS], options);
  } catch (error) {
    throw new NotConfigured(
      `there is no python3 in ${path}, which would run it`,
      "install it from your system's packages, on Debian: apt-get install python3",
      error,
    );
  }
  return readPython(answer.stdout);
}
