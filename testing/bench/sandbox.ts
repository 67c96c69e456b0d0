import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { launchPlan } from '../../agent/sandbox/launch-plan.ts';
import type { MCPManifest } from '../../agent/sandbox/manifest.ts';
import { type ContainerImages, dockerRuntime } from '../../agent/sandbox/runtimes/docker.ts';
import type { EgressOverride } from '../../agent/sandbox/runtimes/runtime.ts';
import { SandboxedStdioTransport } from '../../agent/sandbox/transport.ts';
import { smsManifest, spendingManifest } from '../../agent/servers.ts';
import { ACCOUNT, OWNER } from '../support/household.ts';
import { REPO } from '../support/run.ts';
import { compare, percentiles, type Ratio, type Sample } from './measure.ts';
import { INITIALIZE } from './starts.ts';

type Variables = Record<string, string> & { readonly SPENDWISE_DB: string };

/** What the containers cost: starting, calling, connecting. */
export async function sandboxRatios(images: ContainerImages, env: Variables, twilio: URL): Promise<Ratio[]> {
  const overrides: EgressOverride[] = [
    { domain: 'api.twilio.com', port: 443, target: twilio, variable: 'TWILIO_API_BASE_URL' },
  ];
  const spending = spendingManifest(env.SPENDWISE_DB, undefined, 'docker');
  const open = async (manifest: MCPManifest) => {
    const plan = launchPlan(manifest, { granted: manifest.runtimePermissions, refused: [] }, env, overrides);
    const transport = new SandboxedStdioTransport({ runtime: dockerRuntime({ images }), plan });
    const client = new Client({ name: 'bench', version: '1' });
    await client.connect(transport);
    return { client, transport };
  };
  const ready =
    (manifests: () => MCPManifest[]): Sample =>
    async () => {
      const started = performance.now();
      const opened = await Promise.all(manifests().map(open));
      const took = performance.now() - started;
      await Promise.all(opened.map(({ client }) => client.close()));
      return took;
    };
  const sms = images.local.get('mcp-server-sms') ?? '';
  const bareRun = bareDockerRun(sms, env);

  const ratios = [
    await compare(
      ['both sandboxes: start to initialize answered', ready(() => [spending, smsManifest()])],
      ['bare docker run -i of the SMS server', bareRun],
      { rounds: 9, aim: 1.4 },
    ),
    await compare(
      ['one sandbox: start to initialize answered', ready(() => [smsManifest()])],
      ['bare docker run -i of the SMS server', bareRun],
      { rounds: 9 },
    ),
  ];

  const boxed = await open(spending);
  const plainClient = new Client({ name: 'bench', version: '1' });
  await plainClient.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(REPO, 'dist/spending/lib/server.mjs'), env.SPENDWISE_DB],
    }),
  );
  const call =
    (client: Client): Sample =>
    async () => {
      const started = performance.now();
      await client.callTool({ name: 'get_budget_status', arguments: {} });
      return performance.now() - started;
    };
  ratios.push(
    await compare(
      ['a tool call through the sandbox', call(boxed.client)],
      ['a plain stdio child', call(plainClient)],
      { rounds: 400, aim: 1.15 },
    ),
  );
  await Promise.all([boxed.client.close(), plainClient.close()]);

  const network = await open(smsManifest());
  const exec = network.transport.server?.exec;
  if (exec) ratios.push(await newConnections(exec, env, twilio));
  await network.client.close();
  return ratios;
}

/** The same image and server without a sandbox: with a network, as root's child, and with the real token. */
const bareDockerRun =
  (image: string, env: Variables): Sample =>
  async () => {
    const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'NOTIFICATION_PHONE'];
    const started = performance.now();
    const child = spawn(
      'docker',
      ['run', '-i', '--rm', '--log-driver', 'none', ...names.flatMap((name) => ['-e', name]), image],
      {
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    child.stdin.write(INITIALIZE);
    await once(child.stdout, 'data');
    const took = performance.now() - started;
    child.stdin.end();
    await once(child, 'exit');
    return took;
  };

/** New TLS connection and POST: measured inside the pod through the broker, and on the host straight to the stand-in. */
async function newConnections(
  exec: (command: readonly string[]) => Promise<{ output: string }>,
  env: Variables,
  twilio: URL,
): Promise<Ratio> {
  const post = (base: string, authorization: string) => `
    import http from 'node:http'; import https from 'node:https';
    const body = new URLSearchParams({ To: '${OWNER}', From: '+15005550006', Body: 'x' }).toString();
    const once = () => new Promise((resolve, reject) => {
      const t = performance.now(); const url = new URL('${base}/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json');
      const request = (url.protocol === 'https:' ? https : http).request(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/x-www-form-urlencoded', ${authorization} } }, (r) => {
        r.resume().on('end', () => (r.statusCode === 201 ? resolve(performance.now() - t) : reject(new Error(r.statusCode)))); });
      request.on('error', reject).end(body); });
    const times = []; for (let i = 0; i < 150; i += 1) times.push(await once());
    console.log(JSON.stringify(times.slice(20)));`;
  const basic = Buffer.from(`${env.TWILIO_ACCOUNT_SID}:${env.TWILIO_AUTH_TOKEN}`).toString('base64');
  const direct = await directTls(twilio);
  const inside = JSON.parse(
    (await exec(['node', '--input-type=module', '-e', post('https://api.twilio.com', '')])).output,
  ) as number[];
  const outside = await runNode(post(direct.url, `authorization: 'Basic ${basic}'`), direct.certificate);
  direct.close();
  const [a, b] = [percentiles(inside), percentiles(outside)];
  return {
    name: 'a POST on a new connection through the broker',
    baseline: 'direct TLS',
    ms: a.p50,
    baselineMs: b.p50,
    p99: a.p99,
    baselineP99: b.p99,
    ratio: a.p50 / b.p50,
    aim: 3,
  };
}

/** TLS in front of the stand-in, so that the direct way has a handshake as well. */
async function directTls(twilio: URL): Promise<{ url: string; certificate: string; close: () => void }> {
  const { createServer } = await import('node:https');
  const { request } = await import('node:http');
  const { createRunCa } = await import('../../agent/sandbox/broker/run-ca.ts');
  const ca = await createRunCa(['localhost']);
  const server = createServer(await ca.issue('localhost'), (incoming, response) => {
    const { method, headers, url } = incoming;
    incoming.pipe(
      request(new URL(url ?? '/', twilio), { ...(method ? { method } : {}), headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `https://localhost:${port}`, certificate: ca.certificate, close: () => server.close() };
}

async function runNode(code: string, certificate: string): Promise<number[]> {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import tls from 'node:tls'; tls.setDefaultCACertificates([${JSON.stringify(certificate)}]);${code}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return JSON.parse(text) as number[];
}
