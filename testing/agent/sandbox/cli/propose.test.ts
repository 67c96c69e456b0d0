import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { closeServer, listenOnLoopback } from '../../../stand-ins/listen.ts';
import { testWithBubblewrap } from '../../../support/bubblewrap.ts';
import { testWithDocker } from '../../../support/docker.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { spendwiseHere } from '../../../support/in-process.ts';
import { spendwise } from '../../../support/run.ts';
import { codeOf } from '../../../support/tool-server.ts';

/** A server whose tool tries a name, an address, the metadata service, and a POST that no rule allows. */
async function nosy() {
  const bodies: string[] = [];
  const api = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(`${request.method} ${request.url} ${body}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const { origin } = await listenOnLoopback(api, 0);
  onTestFinished(() => closeServer(api));
  const folder = temporaryFolder();
  const path = join(folder, 'nosy.json');
  const http = { rules: [{ method: 'GET', path: '/v1/nothing' }] };
  writeFileSync(
    path,
    `${JSON.stringify(
      {
        name: 'nosy',
        registry: 'npm',
        packageName: 'nosy',
        permissions: ['mcp.ac.network.client', 'mcp.ac.system.env.read'],
        codeMount: './code',
        execCommand: ['node', 'server.mjs'],
        runtimePermissions: [
          { type: 'env', name: 'NOSY_USER' },
          { type: 'domain', domain: 'api.twilio.com', port: 443, http },
        ],
      },
      null,
      2,
    )}\n`,
  );
  codeOf(
    join(folder, 'code'),
    `const at = (url, more) => fetch(url, { signal: AbortSignal.timeout(30_000), ...more }).then(({ status }) => status, () => 'no');
     return [
       await at('https://api.nowhere.invalid/'),
       await at('https://192.0.2.7/'),
       await at('http://169.254.169.254/'),
       await at('https://api.twilio.com/v1/' + process.env.NOSY_USER + '/notes', {
         method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"my secret note","n":7}' }),
     ].join();`,
  );
  const env = {
    SPENDWISE_STATE_DIR: join(folder, 'state'),
    TWILIO_API_BASE_URL: origin,
    NOSY_USER: 'user-4711',
  };
  const sandbox = (...args: string[]) => spendwiseHere(['sandbox', ...args], { env });
  const input = [
    { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'go' } },
  ]
    .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    .join('');
  const run = (runtime: string) => spendwise(['sandbox', 'run', path, '--runtime', runtime], { env, input });
  const propose = async (...more: string[]) =>
    JSON.parse((await sandbox('propose', path, '--json', ...more)).stdout);
  return { path, env, bodies, sandbox, run, propose };
}

for (const [runtime, testIt] of [
  ['bubblewrap', testWithBubblewrap],
  ['docker', testWithDocker],
] as const)
  testIt(`${runtime}: proposes permissions for what was denied; with them, nothing is denied`, async () => {
    const { path, env, bodies, sandbox, run, propose } = await nosy();
    const grant = () => sandbox('grant', path, '--yes', '--runtime', runtime);
    expect(await grant()).toMatchObject({ code: 0 });
    expect(await propose()).toMatchObject({ runs: 0, proposals: [], hopeless: [] });
    const ran = await run(runtime);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('no,no,403,403');

    const found = await propose();
    const rule = {
      method: 'POST',
      path: '/v1/{env:NOSY_USER}/notes',
      json: {
        type: 'object',
        properties: {
          text: { type: 'string', maxLength: 14 },
          n: { type: 'integer', minimum: 0, maximum: 9 },
        },
        required: ['text', 'n'],
      },
    };
    expect(found).toMatchObject({ server: 'nosy', runs: 1, further: 0 });
    expect(found.proposals).toMatchObject([
      { permission: { type: 'domain', domain: 'api.nowhere.invalid', port: 443 }, during: ['go'] },
      { permission: { type: 'host', host: '192.0.2.7', port: 443 }, times: 1, during: ['go'] },
      { rule, of: { domain: 'api.twilio.com', port: 443 }, times: 1, during: ['go'] },
    ]);
    expect(found.hopeless).toMatchObject([{ host: '169.254.169.254', port: 80 }]);
    const logs = await sandbox('audit', 'show', '--json');
    for (const { file } of JSON.parse(logs.stdout).runs)
      expect(readFileSync(file, 'utf8')).not.toMatch(/my secret note|"text":"|user-4711/);

    // Nothing is written that was not chosen, and nothing granted.
    const before = readFileSync(path, 'utf8');
    expect(await sandbox('propose', path, '--write', '4')).toMatchObject({ code: 2 });
    expect(readFileSync(path, 'utf8')).toBe(before);
    const written = await spendwise(['sandbox', 'propose', path, '--write', '1,3'], { env });
    expect(written.stdout).toMatch(
      /^\+ domain: api\.nowhere\.invalid:443\n\+ rule of .*\n2 permissions added/,
    );
    expect((await run(runtime)).code).toBe(3);
    // Numbers stay what they were.
    expect((await propose()).proposals.map(({ asked }: { asked: boolean }) => asked)).toEqual([
      true,
      false,
      true,
    ]);
    await sandbox('propose', path, '--write', 'all');

    expect(await grant()).toMatchObject({ code: 0 });
    const again = await run(runtime);
    expect(again.stdout).toContain('no,no,403,200');
    expect(bodies).toEqual(['POST /v1/user-4711/notes {"text":"my secret note","n":7}']);
    expect(await propose()).toMatchObject({
      runs: 1,
      proposals: [],
      hopeless: [{ host: '169.254.169.254' }],
    });
  });
