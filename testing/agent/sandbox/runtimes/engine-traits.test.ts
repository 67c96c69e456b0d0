import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assertPlaces } from '../../../../agent/sandbox/manifest/container-paths.ts';
import { MCPManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import {
  FSAccess,
  Permission,
  type RuntimePermission,
} from '../../../../agent/sandbox/manifest/permissions.ts';
import { launchPlan } from '../../../../agent/sandbox/plan/launch-plan.ts';
import {
  gatewayContainer,
  type Pod,
  workloadContainer,
} from '../../../../agent/sandbox/runtimes/docker/args.ts';
import { runArguments } from '../../../../agent/sandbox/runtimes/docker/container-options.ts';
import { engineCommand } from '../../../../agent/sandbox/runtimes/docker/docker-command.ts';
import { engineFrom } from '../../../../agent/sandbox/runtimes/docker/engine-traits.ts';
import { hostsFile } from '../../../../agent/sandbox/runtimes/name-files.ts';
import { workloadUser } from '../../../../agent/sandbox/runtimes/workload-user.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { REPO } from '../../../support/run.ts';

const NAMES = { hosts: '/tmp/r/hosts', resolvConf: '/tmp/r/resolv.conf' };
const FILES = { ...NAMES, seccomp: join(REPO, 'agent/sandbox/runtimes/seccomp.json'), ca: undefined };
const user = { uid: 1000, gid: 1000 };
const pod = (keepIds = false): Pod => ({ gateway: 'G', workload: 'W', labels: {}, keepIds });

function planFor(...granted: RuntimePermission[]) {
  const manifest = new MCPManifest({
    name: 'x',
    registry: 'npm',
    packageName: 'x',
    image: 'x:1',
    permissions: Object.values(Permission),
    runtimePermissions: granted,
  });
  return launchPlan(manifest, { granted, refused: [] }, {});
}

const gateway = (keepIds = false) =>
  runArguments(
    gatewayContainer(
      pod(keepIds),
      'i',
      { addresses: new Map([['a.example', '127.77.0.1']]), ports: [53] },
      NAMES,
    ),
  );
const workload = (keepIds = false, ...granted: RuntimePermission[]) =>
  runArguments(
    workloadContainer(pod(keepIds), planFor(...granted), { image: 'i', code: undefined }, user, FILES, []),
  );

test('gives both containers names as files, without options that Podman or a joined network refuses', () => {
  for (const args of [gateway(), workload()]) {
    expect(args).toContain('type=bind,src=/tmp/r/hosts,dst=/etc/hosts,bind-nonrecursive,readonly');
    expect(args).toContain(
      'type=bind,src=/tmp/r/resolv.conf,dst=/etc/resolv.conf,bind-nonrecursive,readonly',
    );
    expect(args.join(' ')).not.toMatch(/--(add-host|dns|dns-search|hostname|userns)\b/);
  }
  const addresses = new Map([
    ['a.example', '127.77.0.1'],
    ['*.b.example', '127.77.0.2'],
  ]);
  expect(hostsFile(addresses)).toBe('127.0.0.1 localhost\n::1 localhost\n127.77.0.1 a.example\n');
});

test('makes read-only what Podman leaves writable, and no manifest can mount there', () => {
  expect(workload().join(' ')).toMatch(/--tmpfs \/run:ro,noexec.* --tmpfs \/var\/tmp:ro,noexec/);
  const grant = (containerPath: string): RuntimePermission => ({
    type: 'fs',
    path: '/srv/x',
    read: true,
    write: false,
    containerPath,
  });
  for (const place of ['/var', '/var/tmp', '/run/x'])
    expect(() => assertPlaces('x', [grant(place)])).toThrow(/is reserved for the sandbox itself/);
  expect(workload(false, grant('/var/tmp/x')).join(' ')).toContain('/var/tmp:ro');
});

test('keeps ids for both containers, and starts the gateway as its own root', () => {
  expect(gateway(true).join(' ')).toContain('--userns keep-id --user 0:0');
  expect(workload(true).join(' ')).toContain('--userns container:G --user 1000:1000');
});

const docker = (over: object) =>
  engineFrom(JSON.stringify({ MemoryLimit: true, PidsLimit: true, CpuCfsQuota: true, ...over }));
const podman = (rootless: boolean, cgroupVersion: string, cgroupControllers: string[] | null) =>
  engineFrom(JSON.stringify({ host: { cgroupVersion, cgroupControllers, security: { rootless } } }));
const LIMITS = ['memory', 'processes', 'cpu'] as const;
const limits = ({ guards }: ReturnType<typeof docker>) => LIMITS.filter((limit) => guards.has(limit));

test('reads from an engine how it maps users, and what it can limit', () => {
  const rootful = docker({ SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'] });
  expect([rootful.ids, limits(rootful)]).toEqual(['machine', [...LIMITS]]);
  expect(docker({ SecurityOptions: ['name=rootless'] }).ids).toBe('shifted');
  expect(docker({ SecurityOptions: ['name=userns'] }).ids).toBe('shifted');
  expect(limits(docker({ MemoryLimit: false, PidsLimit: false, CpuCfsQuota: false }))).toEqual([]);
  expect(podman(false, 'v1', null).ids).toBe('machine');
  expect([podman(true, 'v1', []).ids, limits(podman(true, 'v1', ['pids']))]).toEqual(['kept', []]);
  expect(limits(podman(true, 'v2', ['memory', 'pids']))).toEqual(['memory', 'processes']);
  expect(() => engineFrom('')).toThrow(/did not describe itself/);
});

test('uses docker, or podman if there is no docker', () => {
  const [both, one] = [temporaryFolder(), temporaryFolder()];
  for (const file of [join(both, 'docker'), join(both, 'podman'), join(one, 'podman')])
    writeFileSync(file, '');
  expect(engineCommand(`${one}:${both}`)).toBe('docker');
  expect(engineCommand(one)).toBe('podman');
  expect(engineCommand('')).toBe('docker');
});

test('with mapped ids, runs a server as nobody, with only what is open to all users', () => {
  const folder = (mode: number) => {
    const path = join(temporaryFolder(), 'granted');
    mkdirSync(path, { mode });
    return path;
  };
  const shifted = (mode: number, write: boolean) =>
    workloadUser(planFor(new FSAccess(folder(mode), { read: true, write })), 'shifted');
  expect(shifted(0o755, false)).toEqual({ uid: 65532, gid: 65532 });
  expect(() => shifted(0o700, false)).toThrow(/maps user ids.*read/);
  expect(() => shifted(0o755, true)).toThrow(/maps user ids.*write/);
});
