import { expect, test } from 'vitest';
import { holds, normalized } from '../../../../../../agent/sandbox/program/packages/python/markers.ts';

const environment = {
  implementation_name: 'cpython',
  platform_machine: 'x86_64',
  platform_python_implementation: 'CPython',
  platform_system: 'Linux',
  python_full_version: '3.11.2',
  python_version: '3.11',
  sys_platform: 'linux',
};

test.each([
  ["python_version >= '3.10'", true],
  ["python_version < '3.9'", false],
  ["python_version == '3.11.*'", true],
  ["python_version != '3.1.*'", true],
  ["'3.9' < python_version", true],
  ["python_full_version < '3.11.0a6'", false],
  ["python_full_version > '3.11.2rc1'", true],
  ["python_full_version == '3.11.2.0'", true],
  ['sys_platform == "win32" or sys_platform == "linux"', true],
  ["sys_platform == 'linux' and sys_platform == 'win32' or python_version > '3'", true],
  ["sys_platform == 'win32' and (python_version > '3' or python_version > '2')", false],
  ["(platform_machine in 'x86_64 AMD64') and platform_system != 'Windows'", true],
  ["platform_machine not in 'arm64,aarch64'", true],
  ["extra == 'Fast_Path'", true],
  ["extra == 'other'", false],
  ["python_version > '3' and extra == 'fast-path'", true],
])('%s: %s', (marker, expected) => {
  expect(holds(marker, environment, new Set(['fast-path']))).toBe(expected);
});

test.each([
  "extra != 'other'",
  "nonsense == 'x'",
  "python_version ~= '3.10'",
  "sys_platform < 'm'",
  "'a' == 'a'",
  'python_version == sys_platform',
  "python_version >= '3.10",
  "(python_version >= '3.10'",
  "python_version >= '3.10')",
  "python_version >= '3.10' python_version",
  "os.system('x') == 'y'",
  "constructor == 'x'",
  "python_version '==' '3.11'",
  "python_version not == '3.11'",
  '',
  `${"python_version > '3' and ".repeat(200)}python_version > '3'`,
])('a marker whose meaning is not certain is refused: %s', (marker) => {
  expect(() => holds(marker, environment, new Set())).toThrow(/a marker that is not understood/);
});

test('a name has one form', () => {
  expect(['My_Pkg', 'my.pkg', 'MY--pkg', 'my-.pkg'].map(normalized)).toEqual(Array(4).fill('my-pkg'));
});
