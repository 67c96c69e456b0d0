import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

/** HTTP as raw bytes. `{M}` is the path of the account's messages, `{TO}` the owner's number, encoded. */
const raw = (
  id: string,
  attempt: string,
  text: string,
  expected: RegExp,
  end: Partial<Attempt> = {},
): Attempt => ({
  id,
  attempt,
  code: inside(
    ({ speak }, { MESSAGES, OWNER }, text) =>
      speak(text.replaceAll('{M}', MESSAGES).replaceAll('{TO}', encodeURIComponent(OWNER))),
    text,
  ),
  expected,
  ...end,
});

const H = 'Host: api.example.com\r\nConnection: close\r\n';
const GOOD = 'GET {M}?To={TO} HTTP/1.1\r\n';
const POST = `POST {M} HTTP/1.1\r\n${H}Content-Type: application/x-www-form-urlencoded\r\n`;
/** A request line, with nothing behind it that is not as it should be. */
const line = (id: string, attempt: string, line: string, expected: RegExp): Attempt =>
  raw(id, attempt, `${line} HTTP/1.1\r\n${H}\r\n`, expected);
/** The headers of a request that would be let through with its own. */
const headers = (id: string, attempt: string, headers: string, expected: RegExp): Attempt =>
  raw(id, attempt, `${GOOD}${headers}\r\n\r\n`, expected);
/** What follows the headers of a request that would be let through. */
const good = (id: string, attempt: string, rest: string, expected: RegExp, end?: Partial<Attempt>): Attempt =>
  raw(id, attempt, `${GOOD}${H}${rest}`, expected, end);
const posted = (id: string, attempt: string, rest: string, expected: RegExp): Attempt =>
  raw(id, attempt, `${POST}${rest}`, expected);
const REFUSED = /^\S+ HTTP\/1\.1 4\d\d /;

/** HTTP on the wire: what two parsers could read in two ways. */
export const wire: AttemptClass = {
  name: 'wire',
  must: 'the broker answers 4xx and the API hears nothing',
  attempts: [
    line('dots', 'dot segments', 'GET {M}/../Calls.json', /403 Forbidden.*dot or empty/s),
    line('dot', 'a single dot', 'GET /v1/./Accounts', /403 Forbidden.*dot or empty/s),
    line('empty-segment', 'two slashes', 'GET //collector.example/x', /403 Forbidden.*dot or empty/s),
    line('slash', 'an encoded slash', 'GET {M}/x%2f..%2fCalls.json', /403 Forbidden.*escapes/s),
    line('dot-encoded', 'encoded dots', 'GET {M}/%2e%2e/Calls.json', /403 Forbidden.*escapes/s),
    line('twice-encoded', 'a slash encoded twice', 'GET {M}%252fx', /403 Forbidden.*escapes/s),
    line('backslash', 'a backslash', 'GET {M}\\..\\Calls.json', /40[03] .*(escapes|malformed)/s),
    line('nul', 'a NUL in the path', 'GET {M}\0.json', /400 Bad Request/),
    line('fragment', 'a fragment', 'GET {M}#?To={TO}', REFUSED),
    line('space', 'a space in the path', 'GET {M} x', /400 Bad Request/),
    line('unicode', 'letters beyond ASCII', 'GET {M}/\u017f', REFUSED),
    raw(
      'other-host',
      'another Host',
      'GET / HTTP/1.1\r\nHost: collector.example\r\nConnection: close\r\n\r\n',
      /403 Forbidden.*Host is another name/s,
    ),
    headers(
      'host-port',
      'the Host with another port',
      'Host: api.example.com:8443\r\nConnection: close',
      /403 Forbidden.*Host is another name/s,
    ),
    headers('host-user', 'a user before the Host', 'Host: x@api.example.com\r\nConnection: close', REFUSED),
    headers(
      'two-hosts',
      'two Hosts',
      'Host: api.example.com\r\nHost: collector.example\r\nConnection: close',
      REFUSED,
    ),
    headers('no-host', 'no Host', 'Connection: close', /400 Bad Request/),
    raw(
      'forwarded-host',
      'another Host on the way',
      `GET / HTTP/1.1\r\n${H}X-Forwarded-Host: collector.example\r\n\r\n`,
      /403 Forbidden/,
    ),
    line('absolute', 'an absolute target', 'GET https://collector.example/', /403 Forbidden.*plain path/s),
    line(
      'absolute-own',
      'an absolute target at the granted domain',
      'GET https://api.example.com{M}?To={TO}',
      /403 Forbidden.*plain path/s,
    ),
    line('asterisk', 'OPTIONS for the whole server', 'OPTIONS *', /403 Forbidden/),
    line('connect', 'CONNECT', 'CONNECT collector.example:443', /400 Bad Request.*CONNECT/s),
    headers(
      'upgrade',
      'an upgrade',
      'Host: api.example.com\r\nConnection: upgrade\r\nUpgrade: websocket',
      /40[03] .*upgrade/s,
    ),
    headers(
      'h2c',
      'an upgrade to HTTP/2',
      'Host: api.example.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk',
      /40[03] .*upgrade/s,
    ),
    posted(
      'expect',
      'an expectation',
      'Expect: something\r\nContent-Length: 1\r\n\r\nx',
      /403 Forbidden.*expectation/s,
    ),
    raw('http10', 'HTTP/1.0', `GET {M}?To={TO} HTTP/1.0\r\n${H}\r\n`, /403 Forbidden.*HTTP\/1\.0/s),
    raw('http09', 'HTTP/0.9', 'GET {M}\r\n\r\n', REFUSED),
    posted(
      'smuggle',
      'a length and chunks',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
      /400 Bad Request/,
    ),
    posted(
      'smuggle-te',
      'a transfer encoding that is misspelt',
      'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      /40[03] |501 /,
    ),
    posted('smuggle-space', 'a space before the colon', 'Content-Length : 5\r\n\r\nTo=x&', /400 Bad Request/),
    posted(
      'smuggle-two',
      'two transfer encodings',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
      /40[03] /,
    ),
    posted(
      'lengths',
      'two lengths',
      'Content-Length: 5\r\nContent-Length: 6\r\n\r\nTo=x&',
      /400 Bad Request/,
    ),
    posted('length-sign', 'a length with a sign', 'Content-Length: +5\r\n\r\nTo=x&', /400 Bad Request/),
    good('fold', 'a folded header', 'X-A: b\r\n Host: collector.example\r\n\r\n', /400 Bad Request/),
    good('bare-cr', 'a bare CR in a header', 'X-A: b\rHost: collector.example\r\n\r\n', /400 Bad Request/),
    raw(
      'bare-lf',
      'lines that end in LF alone',
      `${GOOD.replace('\r', '')}Host: api.example.com\nHost: collector.example\n\n`,
      REFUSED,
    ),
    posted(
      'chunk-size',
      'a chunk longer than numbers go',
      'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
      /400 Bad Request/,
    ),
    posted(
      'trailer',
      'fields in a trailer',
      'Transfer-Encoding: chunked\r\nTrailer: Host\r\n\r\n4\r\nTo=x\r\n0\r\nHost: collector.example\r\n\r\n',
      REFUSED,
    ),
    good(
      'get-body',
      'a body where none belongs',
      'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\nTo=x',
      /403 Forbidden.*body is not allowed/s,
    ),
    good(
      'header',
      'a header longer than allowed',
      `X-A: ${'a'.repeat(20_000)}\r\n\r\n`,
      /400 Bad Request|431 /,
    ),
    good(
      'headers',
      'thousands of headers',
      `${'A: b\r\n'.repeat(4000)}\r\n`,
      // What still comes when the answer is sent may reset the connection.
      /400 Bad Request|431 |^ECONNRESET $/,
      { recorded: /malformed HTTP/ },
    ),
    line('target', 'a target longer than allowed', `GET /${'a'.repeat(20_000)}`, /400 Bad Request|431 /),
    raw('garbage', 'something that is no HTTP', '\u0001\u0002 hello\r\n\r\n', /400 Bad Request/),
    line('method', 'a method of its own', 'EXFILTRATE {M}', /400 Bad Request/),
    raw(
      'second',
      'a bad request behind a good one',
      `${GOOD}Host: api.example.com\r\n\r\nGET /v1/Accounts.json HTTP/1.1\r\n${H}\r\n`,
      /403 Forbidden.*no rule for GET/s,
      { mayReach: /^GET \S+\/Messages\.json\?To=%2B12025550143$/ },
    ),
    {
      id: 'large',
      attempt: 'a body without end',
      code: inside(({ attempt, api, form }, { MESSAGES, OWNER, SENDER }) =>
        attempt(() => api(MESSAGES, form({ To: OWNER, From: SENDER, Body: 'x'.repeat(200_000) }))),
      ),
      expected: /^(done 403 .*too large|ECONNRESET|EPIPE|UND_ERR_SOCKET)/,
      recorded: /the body is too large/,
    },
    {
      id: 'slow',
      attempt: 'thirty requests that never end, and another beside them',
      code: inside(async ({ tls, api, sleep }) => {
        const name = 'api.example.com';
        const slow = Array.from({ length: 30 }, () => {
          const socket = tls.connect({ host: name, port: 443, servername: name });
          socket.on('error', () => {});
          socket.on('secureConnect', () => socket.write('POST / HTTP/1.1\r\nX-A: '));
          return socket;
        });
        await sleep(700);
        const answer = await api('/v1/Accounts.json');
        for (const socket of slow) socket.destroy();
        return answer;
      }),
      expected: /^403 .*no rule/,
      guardedBy: 'network',
    },
  ],
};
