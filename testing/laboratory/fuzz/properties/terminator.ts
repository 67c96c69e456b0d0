import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { Dialer } from '../../../../agent/sandbox/broker/dial.ts';
import { createRunCa } from '../../../../agent/sandbox/broker/run-ca.ts';
import { Terminator } from '../../../../agent/sandbox/broker/terminate.ts';
import { type FuzzProperty, inPieces, mutated, randomBytes } from '../fuzz-property.ts';
import { NAME } from './client-hello.ts';
import { access, env, fits, request } from './http-rules.ts';

const PATIENCE_MS = 20;
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const header = fc.constantFrom(
  FORM,
  FORM,
  'Authorization: Basic stolen',
  'Transfer-Encoding: chunked',
  'Content-Length: 3',
  'Content-Length: 0',
  'Connection: keep-alive',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Host: evil.example',
  'X-HTTP-Method-Override: DELETE',
  'Content-Encoding: gzip',
  ' folded: x',
);
/** Requests near what is allowed, as text; several in one connection. */
const wellFormed = fc
  .tuple(request, fc.array(header, { maxLength: 3 }))
  .map(([{ method, target, body }, headers]) => {
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`, FORM];
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${NAME}`, ...length, ...headers];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
  });
const plain = request.map(({ method, target, body }) => {
  const length = body === undefined ? [] : [FORM, `Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.from(
    [`${method} ${target} HTTP/1.1`, `Host: ${NAME}`, ...length, '', body ?? ''].join('\r\n'),
  );
});
const several = fc.array(fc.oneof(plain, wellFormed), { maxLength: 3 }).map((all) => Buffer.concat(all));
const input = inPieces(fc.oneof({ weight: 3, arbitrary: several }, mutated(several), randomBytes(200)), 4);

export const terminatorProperties: FuzzProperty[] = [
  {
    name: 'what arrives behind the broker over TLS fits a rule, with our credential and no other',
    cases: 400,
    share: 1,
    open: async () => {
      const arrived: {
        method: string;
        target: string;
        body: string;
        authorization: string;
        length: boolean;
      }[] = [];
      const upstream = createServer((asked, answer) => {
        let body = '';
        asked.setEncoding('utf8').on('data', (text) => {
          body += text;
        });
        asked.on('end', () => {
          const { method = '', url: target = '', headers } = asked;
          const length = headers['content-length'] !== undefined;
          arrived.push({ method, target, body, length, authorization: String(headers.authorization) });
          assert.equal(headers.host, NAME);
          answer.end('{}');
        });
      }).listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      const target = new URL(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
      const ca = await createRunCa([NAME]);
      const http = { ...access, credential: { type: 'basic' as const, username: 'SID', password: 'P' } };
      const terminator = new Terminator({
        grant: { type: 'domain', domain: NAME, port: 443, http },
        identity: await ca.issue(NAME),
        env,
        dialer: new Dialer(async () => []),
        diversion: { domain: NAME, port: 443, target, variable: 'X' },
        record: () => {},
      });
      const door = createTcpServer((socket) => terminator.accept(socket)).listen(0, '127.0.0.1');
      await once(door, 'listening');
      const { port } = door.address() as AddressInfo;
      const ours = `Basic ${Buffer.from(`${env.SID}:${env.P}`).toString('base64')}`;
      const property = fc.asyncProperty(input, async (chunks) => {
        arrived.length = 0;
        const client = connect({ port, host: '127.0.0.1', servername: NAME, ca: ca.certificate });
        client.on('error', () => {}).resume();
        for (const chunk of chunks) client.write(chunk);
        // An answer, the end, or none: part of a request has none to wait for.
        const closed = once(client, 'close', { signal: AbortSignal.timeout(60_000) });
        await Promise.race([once(client, 'data'), closed, delay(PATIENCE_MS, undefined, { ref: false })]);
        client.end();
        await closed;
        for (const { method, target: asked, body, authorization, length } of arrived) {
          assert.equal(authorization, ours);
          const sent = body === '' && !(length && method === 'POST') ? undefined : body;
          assert.ok(
            access.rules.some((rule) => fits(rule, method, asked, sent)),
            `${method} ${asked} ${body}`,
          );
        }
      });
      return {
        property: property as fc.IRawProperty<unknown>,
        close: async () => {
          terminator.close();
          door.close();
          upstream.closeAllConnections();
          upstream.close();
        },
      };
    },
  },
];
