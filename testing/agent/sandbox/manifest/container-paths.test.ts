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
])('refuses the container path %s, which is reserved for the sandbox', (place) => {
  expect(() => manifest(grant('/srv/data', place))).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`containerPath: ${place} is reserved for the sandbox itself`),
      hint: expect.stringContaining('"containerPath": "/data"'),
    }),
  );
});

test('mounts a system path only at another place inside', () => {
  expect(() => manifest(grant('/usr/share/dict'))).toThrow(/is reserved for the sandbox itself/);
  expect(manifest(grant('/usr/share/zoneinfo', '/data')).runtimePermissions).toHaveLength(1);
});

test.each(['/data/../usr/bin', '/data/./x', '//usr/bin', '/data//x', '/data/'])(
  'refuses the container path %s, which is not in plain form',
  (place) => {
    expect(() => manifest(grant('/srv/data', place))).toThrow(/is not a plain absolute path|own system/);
  },
);

test('refuses two paths at one place, and a path inside a folder that the server may write', () => {
  expect(() => manifest(grant('/srv/a', '/data'), grant('/srv/b', '/data'))).toThrow(
    /\/data is asked for twice/,
  );
  expect(() => manifest(grant('/srv/a', '/data', true), grant('/srv/b', '/data/in'))).toThrow(
    /\/data\/in is inside \/data, which the server may write/,
  );
});

test('mounts a writable folder inside a readable one last, whatever their order', () => {
  const inner = grant('/srv/b', '/data/in', true);
  const outer = grant('/srv/a', '/data');
  for (const asked of [manifest(inner, outer), manifest(outer, inner)])
    expect(mountOrder(asked.runtimePermissions)).toEqual([outer, inner]);
});

test('no accepted place covers the system, and no mount hides an earlier one', () => {
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
