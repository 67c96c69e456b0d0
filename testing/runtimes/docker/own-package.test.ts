import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished } from 'vitest';
import { testWithDocker } from '../../support/docker.ts';
import { household } from '../../support/household.ts';
import { npm } from '../../support/npm.ts';
import { REPO } from '../../support/run.ts';

/** What `npm pack` says of the tarball that it made. */
async function pack(folder: string): Promise<{ tarball: string; integrity: string }> {
  const args = ['pack', '-w', 'mcp-server-sms', '--json', '--silent', '--pack-destination', folder];
  const said = JSON.parse((await npm(args, REPO)).stdout);
  const [{ filename, integrity }] = Array.isArray(said) ? said : Object.values(said);
  return { tarball: join(folder, filename), integrity };
}

testWithDocker(
  'from DevMCPManifest to MCPManifest: its own packed tarball runs in the sandbox as a published package would',
  async () => {
    const { folder, twilio, env } = await household();
    const development = JSON.parse(readFileSync(join(REPO, 'mcp-server-sms/sandbox.json'), 'utf8'));
    const { image: _, codeMount: __, execCommand: ___, ...published } = development;
    const manifest = join(folder, 'sms.json');
    const packed = await pack(folder);
    writeFileSync(manifest, JSON.stringify({ ...published, ...packed }));

    const run = ['sandbox', 'run', manifest, '--yes', '--runtime', 'docker'];
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [`${REPO}agent/spendwise.js`, ...run],
      env: { ...env, PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      stderr: 'pipe',
    });
    let stderr = '';
    transport.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    const client = new Client({ name: 'test', version: '1' });
    onTestFinished(() => client.close());
    await client.connect(transport, { timeout: 240_000 });
    expect(stderr).toMatch(/fetching mcp-server-sms 0\.1\.0, with all install scripts off/);
    const sent = await client.callTool({ name: 'send_sms', arguments: { message: 'from a package' } });
    expect(sent).toMatchObject({ isError: false, structuredContent: { status: 'queued' } });
    expect(twilio.inbox.map(({ body }) => body)).toEqual(['from a package']);
    // The same rules hold as for the folder: another account of Twilio's is out of reach.
    const stranger = { to: '+12025550199', message: 'x' };
    expect(await client.callTool({ name: 'send_sms', arguments: stranger })).toMatchObject({ isError: true });

    const broken = { ...published, ...packed, integrity: `sha512-${'A'.repeat(86)}==` };
    writeFileSync(manifest, JSON.stringify(broken));
    const other = new StdioClientTransport({
      command: process.execPath,
      args: [`${REPO}agent/spendwise.js`, ...run],
      env: { ...env, PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      stderr: 'ignore',
    });
    await expect(new Client({ name: 'test', version: '1' }).connect(other)).rejects.toThrow();
  },
  600_000,
);
