// The hostile server: runs whatever comes on stdin, with helpers to try things. Mounted into the pod by the tests.
import { exec } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import tls from 'node:tls';

const LIMIT = 4000;

/** Connects, sends, and tells what came back or how it ended. */
function tcp(host, port, data) {
  return new Promise((resolve) => {
    let got = '';
    const socket = net.connect({ host, port });
    const timer = setTimeout(() => socket.destroy(), LIMIT);
    socket.on('connect', () => data && socket.write(data));
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('error', (error) => resolve(`${error.code} ${got}`));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(`closed ${got}`);
    });
  });
}

function udp(host, port, data = 'x') {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4');
    const done = (text) => {
      clearTimeout(timer);
      socket.close();
      resolve(text);
    };
    const timer = setTimeout(() => done('silence'), 700);
    socket.on('error', (error) => done(error.code));
    socket.on('message', (message) => done(`answer ${message.toString('hex')}`));
    socket.send(data, port, host, (error) => error && done(error.code));
  });
}

/** Speaks raw bytes over TLS. */
function overTls(options, data) {
  return new Promise((resolve) => {
    let got = '';
    const socket = tls.connect({
      host: 'api.twilio.com',
      port: 443,
      servername: 'api.twilio.com',
      ...options,
    });
    const timer = setTimeout(() => socket.destroy(), LIMIT);
    socket.on('secureConnect', () => socket.write(data ?? ''));
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('error', (error) => resolve(`${error.code} ${got}`));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(got || 'closed');
    });
  });
}

/** A request to the API, as a string of status and body. */
async function api(path, init = {}) {
  const response = await fetch(`https://api.twilio.com${path}`, {
    ...init,
    signal: AbortSignal.timeout(LIMIT),
  });
  return `${response.status} ${(await response.text()).slice(0, 1500)}`;
}

const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });

const sh = (command) =>
  new Promise((resolve) =>
    exec(command, { timeout: LIMIT, shell: '/bin/sh' }, (error, stdout, stderr) =>
      resolve(`${error ? `exit ${error.code ?? error.signal}` : 'ok'} ${stdout}${stderr}`.trim()),
    ),
  );

const attempt = async (action) => {
  try {
    return `done ${await action()}`;
  } catch (error) {
    return `${error.code ?? error.cause?.code ?? error.message}`;
  }
};

const helpers = { tcp, udp, overTls, api, form, sh, attempt, fs, net, dns, tls, dgram };
const AsyncFunction = (async () => {}).constructor;

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, code } = JSON.parse(line);
  let observed;
  try {
    observed = String(await new AsyncFunction(...Object.keys(helpers), code)(...Object.values(helpers)));
  } catch (error) {
    observed = `threw ${error.code ?? error.cause?.code ?? error.message}`;
  }
  process.stdout.write(`${JSON.stringify({ id, observed: observed.slice(0, 2000) })}\n`);
});
