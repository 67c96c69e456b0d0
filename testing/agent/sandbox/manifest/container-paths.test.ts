import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertPlaces, mountOrder, placeOf } from '../../../../agent/sandbox/manifest/container-paths.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { Permission, type RuntimePermission } from '../../../../agent/sandbox/manifest/permissions.ts';

const grant = (path: string, containerPath?: string, write = false) => ({
  type: 'fs' as const,
  path,
  ...(containerPath === undefined ? {} : { containerPath }),
  read: true,
  write,
});

const manifest = (...runtimePermissions: RuntimePermission[]) =>
  new MCPManifest({
    ...{ name: 'x', registry: 'npm', packageName: 'x', packageVersion: '1.0.0' },
    permissions: Object.values(Permission),
    runtimePermissions,
  });

test.each([
  ...[
    '/',
    '/usr',
    '/usr/bin',
    '/usr/bin/prlimit',
    '/usr/local/bin/node',
    '/bin/sh',
    '/lib64/x',
    '/etc/hosts',
  ],
  ...['/proc/self', '/dev/shm', '/run/spendwise/ca.pem', '/var/run/x', '/var', '/app', '/app/x'],
  ...['/tmp', '/var/tmp'],
])('a container path %s belongs to the sandbox, and a manifest that asks for it is refused', (place) => {
  expect(() => manifest(grant('/srv/data', place))).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`containerPath: ${place} is reserved for the sandbox itself`),
      hint: expect.stringContaining('"containerPath": "/data"'),
    }),
  );
});

test("a path of the system needs another place inside; its own, too, is the sandbox's", () => {
  expect(() => manifest(grant('/usr/share/dict'))).toThrow(/is reserved for the sandbox itself/);
  expect(manifest(grant('/usr/share/zoneinfo', '/data')).runtimePermissions).toHaveLength(1);
});

test.each(['/data/../usr/bin', '/data/./x', '//usr/bin', '/data//x', '/data/'])(
  'a container path %s is not in its plain form, and is refused',
  (place) => {
    expect(() => manifest(grant('/srv/data', place))).toThrow(/is not a plain absolute path|own system/);
  },
);

test('each path has a place of its own, and none lies in what the server may write', () => {
  expect(() => manifest(grant('/srv/a', '/data'), grant('/srv/b', '/data'))).toThrow(
    /\/data is asked for twice/,
  );
  expect(() => manifest(grant('/srv/a', '/data', true), grant('/srv/b', '/data/in'))).toThrow(
    /\/data\/in is inside \/data, which the server may write/,
  );
});

test('a folder to write may lie in one to read: the inner one is mounted last, in whatever order they stand', () => {
  const inner = grant('/srv/b', '/data/in', true);
  const outer = grant('/srv/a', '/data');
  for (const asked of [manifest(inner, outer), manifest(outer, inner)])
    expect(mountOrder(asked.runtimePermissions)).toEqual([outer, inner]);
});

test('no place that is let through lies over the system, and what is mounted later never hides an earlier one', () => {
  const parts = fc.constantFrom('usr', 'bin', 'etc', 'tmp', 'app', 'data', 'var', 'run', 'x', '..', '.', '');
  const place = fc.array(parts, { minLength: 1, maxLength: 4 }).map((words) => `/${words.join('/')}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.boolean()), { minLength: 1, maxLength: 4 }), (wanted) => {
      const grants = wanted.map(([at, write], index) => grant(`/srv/${index}`, at, write));
      try {
        assertPlaces('x', grants);
      } catch {
        return;
      }
      const places = mountOrder(grants).map(placeOf);
      for (const [index, at] of places.entries()) {
        expect(at).toMatch(/^\/(data|x|tmp\/|var\/(?!run|tmp$))/);
        expect(at).not.toMatch(/\/(\.\.?)?(\/|$)/);
        for (const later of places.slice(index + 1)) expect(`${at}/`.startsWith(`${later}/`)).toBe(false);
      }
    }),
  );
});
