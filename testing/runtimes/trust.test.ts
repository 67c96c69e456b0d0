import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DevMCPManifest, type ManifestFields } from '../../agent/sandbox/manifest/manifest.ts';
import { launchPlan } from '../../agent/sandbox/plan/launch-plan.ts';
import { dockerRuntime } from '../../agent/sandbox/runtimes/docker/docker.ts';
import { bubblewrapAvailable, testBubblewrap } from '../support/bubblewrap.ts';
import { docker, dockerAvailable, testImages } from '../support/docker.ts';
import { temporaryFolder } from '../support/folder.ts';
import { pythonAvailable } from '../support/python.ts';
import { makePythonImage, PYTHON_IMAGE } from '../support/python-image.ts';

const WITH_RULES = {
  ...{ type: 'domain' as const, domain: 'api.example.com', port: 443 },
  http: { rules: [{ method: 'GET', path: '/{any}' }] },
};
const SPLICED = { type: 'domain' as const, domain: 'files.example.com', port: 443 };
const PYTHON_ASKS = `/usr/bin/python3 -c "
import urllib.error, urllib.request
try: urllib.request.urlopen('https://api.example.com/a/b')
except urllib.error.HTTPError as e: print(e.code)
except OSError as e: print(e)"`;

const manifestOf = (codeMount: string, more: Partial<ManifestFields>) =>
  new DevMCPManifest({
    ...{ name: 'any', registry: 'oci', packageName: 'any', permissions: ['mcp.ac.network.client'] },
    ...{ codeMount, execCommand: ['sh', '-c', 'cat'], codeImage: PYTHON_IMAGE },
    ...more,
  });

describe.each([
  {
    kind: 'docker',
    available: dockerAvailable && pythonAvailable,
    make: () => {
      makePythonImage();
      return dockerRuntime({ images: testImages() });
    },
  },
  { kind: 'bubblewrap', available: bubblewrapAvailable && pythonAvailable, make: () => testBubblewrap() },
])('under $kind', ({ available, make }) => {
  async function pod(runtimePermissions: ManifestFields['runtimePermissions']) {
    const folder = join(temporaryFolder(), 'code');
    mkdirSync(folder);
    const manifest = manifestOf(folder, { runtimePermissions });
    const plan = launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, {});
    const egress: string[] = [];
    const server = await make().start(plan, ({ verdict, reason }) => egress.push(`${verdict} ${reason}`));
    onTestFinished(() => server.stop());
    const sh = async (command: string) => (await server.exec?.(['sh', '-c', command]))?.output;
    return { sh, egress };
  }

  test.skipIf(!available)('curl and Python trust the CA of the run, and no other', async () => {
    const { sh, egress } = await pod([WITH_RULES]);
    expect(await sh('curl -sS https://api.example.com/a/b')).toContain('no rule for GET /a/b');
    expect(await sh(PYTHON_ASKS)).toBe('403\n');
    expect(await sh('grep -c BEGIN /run/spendwise/ca.pem')).toBe('1\n');
    expect(await sh('(: >>/run/spendwise/ca.pem) 2>&1')).toMatch(/Read-only|Permission denied|can't create/);
    expect(egress).toEqual(['denied no rule for GET /a/b', 'denied no rule for GET /a/b']);
    // One that looks elsewhere is on record.
    await sh('SSL_CERT_FILE= CURL_CA_BUNDLE= curl -sS https://api.example.com/a/b');
    await expect
      .poll(() => egress[2])
      .toMatch(/^failed the program broke off the TLS handshake .*does not trust/);
  });

  test.skipIf(!available)('the public CAs are trusted too where the broker does not end TLS', async () => {
    const { sh } = await pod([WITH_RULES, SPLICED]);
    expect(await sh('curl -sS https://api.example.com/a/b')).toContain('no rule for GET /a/b');
    expect(await sh(PYTHON_ASKS)).toBe('403\n');
    expect(Number(await sh('grep -c BEGIN /run/spendwise/ca.pem'))).toBeGreaterThan(50);
    const { sh: plain } = await pod([SPLICED]);
    expect(await plain('env | grep -c spendwise; ls /run/spendwise 2>&1')).toMatch(/^0\n.*No such file/);
  });
});

test.skipIf(!dockerAvailable || !pythonAvailable)(
  'a grant is bound to the image of the code; a missing image is not pulled by its tag',
  async () => {
    const id = makePythonImage();
    const folder = temporaryFolder();
    const runtime = dockerRuntime({ images: testImages() });
    const identify = (codeImage: string | undefined) =>
      runtime.identify(
        launchPlan(manifestOf(folder, { codeImage }), { granted: [], refused: [] }, {}).program,
        () => {},
      );
    expect(await identify(PYTHON_IMAGE)).toMatch(new RegExp(` in ${id}$`));
    docker('tag', testImages().node, `${PYTHON_IMAGE}-other`);
    onTestFinished(() => void docker('rmi', `${PYTHON_IMAGE}-other`));
    const digests = await Promise.all([PYTHON_IMAGE, `${PYTHON_IMAGE}-other`, undefined].map(identify));
    expect(new Set(digests).size).toBe(3);
    await expect(identify('spendwise-nobody:1')).rejects.toThrow(
      /the image spendwise-nobody:1 does not exist/,
    );
  },
);
