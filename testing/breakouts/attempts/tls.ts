import type { Attempt } from '../attempt.ts';

/** The name in the handshake, and what is spoken inside. */
export const tls: readonly Attempt[] = [
  {
    id: 'other-sni',
    attempt: 'TLS for another name, through the granted address',
    code: "return overTls({ servername: 'collector.example', rejectUnauthorized: false }, 'GET / HTTP/1.1\\r\\n\\r\\n')",
    expected: /^(ERR_SSL|ECONNRESET|EPROTO)/,
    recorded: /^api\.twilio\.com:443 TLS for another server name/,
  },
  {
    id: 'no-sni',
    attempt: 'TLS without a name',
    code: "return overTls({ servername: '', rejectUnauthorized: false }, 'GET / HTTP/1.1\\r\\n\\r\\n')",
    expected: /^(ERR_SSL|ECONNRESET|EPROTO)/,
    recorded: /^api\.twilio\.com:443 no TLS with a server name/,
  },
  {
    id: 'no-tls',
    attempt: 'plain HTTP on the TLS port',
    code: "return tcp('api.twilio.com', 443, 'GET / HTTP/1.1\\r\\nHost: api.twilio.com\\r\\n\\r\\n')",
    expected: /^(closed|ECONNRESET)/,
    recorded: /^api\.twilio\.com:443 no TLS/,
  },
  {
    id: 'tls-garbage',
    attempt: 'half a ClientHello, and garbage',
    code: "return tcp('api.twilio.com', 443, Buffer.from('160301020001000100' + 'ff'.repeat(600), 'hex'))",
    expected: /^(closed|ECONNRESET)/,
    recorded: /^api\.twilio\.com:443 no TLS/,
  },
  {
    id: 'sub-sni',
    attempt: 'a subdomain of the granted name',
    code: "return overTls({ servername: 'x.api.twilio.com' }, '')",
    expected: /^(ERR_|ECONNRESET|EPROTO)/,
    recorded: /another server name/,
  },
  {
    id: 'trailing-dot',
    attempt: 'the granted name with a dot: the same name, and the same rules',
    code: "return overTls({ servername: 'api.twilio.com.', checkServerIdentity: () => undefined }, 'GET /other HTTP/1.1\\r\\nHost: api.twilio.com.\\r\\nConnection: close\\r\\n\\r\\n')",
    expected: /^HTTP\/1\.1 403 .*no rule for GET/s,
    recorded: /^api\.twilio\.com:443 no rule/,
  },
  {
    id: 'upper-case',
    attempt: 'the granted name in capitals: the same name, and the same rules',
    code: "return overTls({ servername: 'API.Twilio.COM' }, 'GET /other HTTP/1.1\\r\\nHost: API.TWILIO.com\\r\\nConnection: close\\r\\n\\r\\n')",
    expected: /^HTTP\/1\.1 403 .*no rule for GET/s,
    recorded: /^api\.twilio\.com:443 no rule/,
  },
  {
    id: 'fragmented-sni',
    attempt: 'another name, in a ClientHello cut into many records',
    code: "const { Duplex } = await import('node:stream'); return new Promise((resolve) => { const parts = []; const wire = new Duplex({ read() {}, write(chunk, _e, done) { parts.push(chunk); done(); } }); tls.connect({ socket: wire, servername: 'collector.example' }).on('error', () => {}); setTimeout(async () => { const hello = Buffer.concat(parts).subarray(5); const out = []; for (let at = 0; at < hello.length; at += 40) { const p = hello.subarray(at, at + 40); out.push(Buffer.from([22, 3, 1, 0, p.length]), p); } resolve(tcp('api.twilio.com', 443, Buffer.concat(out))); }, 200); })",
    expected: /^closed .{7}$/s,
    recorded: /^api\.twilio\.com:443 TLS for another server name, collector\.example/,
  },
  {
    id: 'http2',
    attempt: 'HTTP/2',
    code: "const s = tls.connect({ host: 'api.twilio.com', port: 443, servername: 'api.twilio.com', ALPNProtocols: ['h2'] }); return new Promise((r) => { s.on('secureConnect', () => r('alpn ' + s.alpnProtocol)); s.on('error', (e) => r(e.code)); s.on('close', () => r('closed')); })",
    expected: /^(alpn false|ERR_SSL|ECONNRESET|closed)/,
  },
];
