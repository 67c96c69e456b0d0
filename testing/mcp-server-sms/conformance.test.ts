import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ServerCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { REPO, runProgram } from '../support/run.ts';
import { smsOverHttp } from '../support/sms-http.ts';

const CONFORMANCE = `${REPO}node_modules/@modelcontextprotocol/conformance/dist/index.js`;

/** The official scenarios that do not ask for the tools of their own example server. */
const SCENARIOS: Record<string, keyof ServerCapabilities | undefined> = {
  'server-initialize': undefined,
  ping: undefined,
  'tools-list': undefined,
  'dns-rebinding-protection': undefined,
  'logging-set-level': 'logging',
  'resources-list': 'resources',
};

test('the official conformance scenarios that apply pass', async () => {
  const { url } = await smsOverHttp();
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(url) as Transport);
  const capabilities = client.getServerCapabilities() ?? {};
  await client.close();
  for (const [scenario, needs] of Object.entries(SCENARIOS)) {
    if (needs !== undefined && capabilities[needs] === undefined) {
      process.stderr.write(`SKIPPED: ${scenario}: the server has no ${needs}\n`);
      continue;
    }
    // Its DNS scenario speaks as localhost, to a server on loopback.
    const at = `http://localhost:${url.port}/mcp`;
    const ran = await runProgram(
      process.execPath,
      [CONFORMANCE, 'server', '--url', at, '--scenario', scenario],
      {
        cwd: temporaryFolder(),
      },
    );
    expect(ran.code, `${scenario}\n${ran.stdout}\n${ran.stderr}`).toBe(0);
    expect(ran.stdout, scenario).toMatch(/Passed: ([1-9]\d*)\/\1, 0 failed/);
  }
}, 300_000);
