import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SpendwiseError } from '../../../../agent/sandbox/foundation/errors.ts';
import { loadManifest } from '../../../../agent/sandbox/manifest/manifest.ts';
import { assertAllThere } from '../../../../agent/sandbox/manifest/named-paths.ts';
import { temporaryFolder } from '../../../support/folder.ts';

const SECRET = 'sk-live-4f9c2d7e81';

const right = {
  name: 'x',
  registry: 'npm',
  packageName: 'x',
  packageVersion: '1.0.0',
  permissions: [
    'mcp.ac.network.client',
    'mcp.ac.system.env.read',
    'mcp.ac.filesystem.read',
    'mcp.ac.filesystem.write',
  ],
};

function problemOf(text: string): SpendwiseError {
  const path = join(temporaryFolder(), 'm.json');
  writeFileSync(path, text);
  try {
    assertAllThere(loadManifest(path));
  } catch (error) {
    if (error instanceof SpendwiseError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const asking = (...runtimePermissions: unknown[]) => ({ runtimePermissions });
const domain = (more: object) => asking({ type: 'domain', domain: 'api.example.com', port: 443, ...more });
const rule = (more: object) => domain({ http: { rules: [{ method: 'GET', path: '/', ...more }] } });
const shape = (json: unknown) => rule({ method: 'POST', json });

test.each<[string, object, string, RegExp]>([
  // What it is
  ['no name', { name: undefined }, 'name', /is missing: must be a text/],
  ['an empty name', { name: '' }, 'name', /at least 1 characters/],
  ['a name of 65 characters', { name: 'x'.repeat(65) }, 'name', /at most 64 characters/],
  ['a number as name', { name: 7 }, 'name', /must be a text/],
  ['an unknown registry', { registry: SECRET }, 'registry', /one of "npm", "oci"/],
  ['no registry', { registry: undefined }, 'registry', /is missing: must be one of "npm", "oci"/],
  ['a name with its version', { packageName: 'x@1.0.0' }, 'packageName', /such as server or @scope\/server/],
  ['a range', { packageVersion: '^1.0.0' }, 'packageVersion', /exact version, such as 1\.2\.3, not a range/],
  ['latest', { packageVersion: 'latest' }, 'packageVersion', /exact version/],
  ['sha1 as integrity', { integrity: 'sha1-abc' }, 'integrity', /sha512-/],
  ['a tarball without integrity', { tarball: 'x.tgz' }, 'integrity', /is required with a tarball/],
  ['an image by tag', { registry: 'oci', image: 'x:latest' }, 'image', /server@sha256:/],
  ['code without a command', { codeMount: '.' }, 'execCommand', /is missing: .* go together/],
  ['a command without code', { execCommand: ['node'] }, 'codeMount', /is missing: .* go together/],
  ['an image for code that is not there', { codeImage: 'python:3' }, 'codeImage', /needs codeMount/],
  [
    'an image for code beside one that runs by itself',
    { codeMount: '.', execCommand: ['x'], image: 'a:1', codeImage: 'python:3' },
    'codeImage',
    /cannot be used together with image/,
  ],
  ['an option as image for code', { codeImage: '--privileged' }, 'codeImage', /must be the name of an image/],
  ['a command as text', { codeMount: '.', execCommand: `node ${SECRET}` }, 'execCommand', /must be a list/],
  ['an argument that is no text', { runtimeArgs: [1] }, 'runtimeArgs.0', /must be a text/],
  // Unknown fields
  ['a field in the wrong case', { codemount: '.' }, 'codemount', /did you mean "codeMount"\?/],
  ['a misspelt field', { permisions: [] }, 'permisions', /did you mean "permissions"\?/],
  [
    'a field of another kind of file',
    { env: { TOKEN: SECRET } },
    'env',
    /not a field here: allowed are "\$schema"/,
  ],
  [
    'a misspelt field of a permission',
    domain({ purpse: SECRET }),
    'runtimePermissions.0.purpse',
    /did you mean "purpose"\?/,
  ],
  [
    'a value beside a variable',
    asking({ type: 'env', name: 'T', value: SECRET }),
    'runtimePermissions.0.value',
    /allowed are "type", "name", "purpose"/,
  ],
  // Permissions
  [
    'an unknown permission',
    { permissions: ['mcp.ac.root'] },
    'permissions.0',
    /one of "mcp\.ac\.network\.client"/,
  ],
  ['no permissions', { permissions: undefined }, 'permissions', /is missing: must be a list/],
  [
    'a permission of no type',
    asking({ name: 'A' }),
    'runtimePermissions.0.type',
    /is missing: must be one of "domain", "host", "env", "fs"/,
  ],
  [
    'a permission of an unknown type',
    asking({ type: 'file' }),
    'runtimePermissions.0.type',
    /must be one of "domain"/,
  ],
  ['an object for a list', { runtimePermissions: {} }, 'runtimePermissions', /must be a list/],
  [
    'every .com',
    domain({ domain: '*.com' }),
    'runtimePermissions.0.domain',
    /names of many owners: .*\*\.example\.com/,
  ],
  [
    'a star alone',
    domain({ domain: '*' }),
    'runtimePermissions.0.domain',
    /a star can only be the whole first label/,
  ],
  [
    'a star in the middle',
    domain({ domain: 'api.*.com' }),
    'runtimePermissions.0.domain',
    /a star can only be the whole first label/,
  ],
  [
    'an IP address as domain',
    domain({ domain: '10.0.0.1' }),
    'runtimePermissions.0.domain',
    /for an IP address use \{"type": "host"/,
  ],
  [
    'an IPv6 address as domain',
    domain({ domain: '[::1]' }),
    'runtimePermissions.0.domain',
    /for an IP address use \{"type": "host"/,
  ],
  [
    'a URL with a password',
    domain({ domain: `https://me:${SECRET}@api.example.com/` }),
    'runtimePermissions.0.domain',
    /without https:\/\//,
  ],
  [
    'a domain with its port',
    domain({ domain: 'api.example.com:443' }),
    'runtimePermissions.0.domain',
    /"port"/,
  ],
  [
    'localhost as domain',
    domain({ domain: 'localhost' }),
    'runtimePermissions.0.domain',
    /a name without a dot/,
  ],
  [
    'localhost as host',
    asking({ type: 'host', host: 'localhost', port: 1 }),
    'runtimePermissions.0.host',
    /this machine is 127\.0\.0\.1/,
  ],
  ['port 0', domain({ port: 0 }), 'runtimePermissions.0.port', /whole number from 1 to 65535/],
  ['port 70000', domain({ port: 70000 }), 'runtimePermissions.0.port', /whole number from 1 to 65535/],
  ['a port as text', domain({ port: '443' }), 'runtimePermissions.0.port', /whole number from 1 to 65535/],
  ['half a port', domain({ port: 4.5 }), 'runtimePermissions.0.port', /whole number from 1 to 65535/],
  ['no port', domain({ port: undefined }), 'runtimePermissions.0.port', /whole number from 1 to 65535/],
  [
    'a variable with its value',
    asking({ type: 'env', name: `TOKEN=${SECRET}` }),
    'runtimePermissions.0.name',
    /the name of a variable/,
  ],
  [
    'a variable that steers',
    asking({ type: 'env', name: 'PATH' }),
    'runtimePermissions.0.name',
    /cannot be granted/,
  ],
  [
    'a path without access',
    asking({ type: 'fs', path: 'd', write: false }),
    'runtimePermissions.0.read',
    /is missing: must be true or false/,
  ],
  [
    'access as text',
    asking({ type: 'fs', path: 'd', read: 'yes', write: false }),
    'runtimePermissions.0.read',
    /must be true or false/,
  ],
  [
    'a relative place inside',
    asking({ type: 'fs', path: 'd', containerPath: 'data', read: true, write: false }),
    'runtimePermissions.0.containerPath',
    /must begin with "\/"/,
  ],
  [
    'a domain twice',
    asking(...[1, 2].map(() => ({ type: 'domain', domain: 'a.example.com', port: 1 }))),
    'runtimePermissions',
    /more than once/,
  ],
  [
    'a folder that is missing',
    asking({ type: 'fs', path: 'not-there', read: true, write: false }),
    'not-there',
    /which it asks for, does not exist/,
  ],
  [
    'code that is missing',
    { codeMount: 'not-there', execCommand: ['node', 'x'] },
    'not-there',
    /which it runs, does not exist/,
  ],
  [
    'a tarball that is missing',
    { tarball: 'no.tgz', integrity: `sha512-${'A'.repeat(86)}==` },
    'no.tgz',
    /does not exist/,
  ],
  // HTTP rules
  ['no rule', domain({ http: { rules: [] } }), 'runtimePermissions.0.http.rules', /at least 1 entries/],
  ['a method in small letters', rule({ method: 'get' }), 'rules.0.method', /in capitals, such as GET/],
  ['a star in a path', rule({ path: '/v1/*' }), 'rules.0.path', /write \{any\} instead of \*/],
  ['a placeholder of another kind', rule({ path: '/v1/:id' }), 'rules.0.path', /\{any\} or \{env:NAME\}/],
  [
    'a query in a path',
    rule({ path: `/v1?key=${SECRET}` }),
    'rules.0.path',
    /put the part after the \? into "query"/,
  ],
  ['a URL as path', rule({ path: 'https//x' }), 'rules.0.path', /begin with \//],
  ['two bodies', rule({ form: {}, json: true }), 'rules.0', /one of "form", "json" and "multipart"/],
  [
    'a field of no kind',
    rule({ query: { q: {} } }),
    'rules.0.query.q',
    /one of \{"equals"\}, \{"equalsEnv"\}, \{"maxLength"\}, \{"integer"\}/,
  ],
  [
    'a field of two kinds',
    rule({ query: { q: { equals: SECRET, maxLength: 1 } } }),
    'rules.0.query.q.maxLength',
    /\(of \{"equals"\}\) is not a field here/,
  ],
  [
    'a range of which half is missing',
    rule({ query: { q: { integer: { min: 1 } } } }),
    'rules.0.query.q.integer.max',
    /\(of \{"integer"\}\) is missing/,
  ],
  [
    'a header that is ours',
    rule({ headers: { Host: { equals: SECRET } } }),
    'rules.0.headers.Host',
    /the broker writes itself/,
  ],
  [
    'an unknown credential',
    domain({ http: { rules: [{ method: 'GET', path: '/' }], credential: { type: 'oauth', token: SECRET } } }),
    'http.credential.type',
    /one of "basic", "bearer", "header", "query"/,
  ],
  [
    'a token in place of its variable',
    domain({
      http: { rules: [{ method: 'GET', path: '/' }], credential: { type: 'bearer', token: SECRET } },
    }),
    'http.credential.token',
    /the name of a variable/,
  ],
  [
    'rules for a wildcard',
    domain({ domain: '*.example.com', http: { rules: [{ method: 'GET', path: '/' }] } }),
    'runtimePermissions.0.domain',
    /must name one host/,
  ],
  [
    'a variable that is not asked for',
    rule({ path: '/{env:ID}' }),
    'the HTTP rules of api.example.com use ID',
    /add \{"type": "env", "name": "ID"\}/,
  ],
  // JSON shapes and tools
  [
    'a text without a length',
    shape({ type: 'string' }),
    'json.maxLength',
    /\(of \{"type": "string", "maxLength"\}\) is missing: must be a number/,
  ],
  [
    'a list without a length',
    shape({ type: 'array', items: true }),
    'json.maxItems',
    /\(of \{"type": "array", "items", "maxItems"\}\) is missing/,
  ],
  [
    'a misspelt limit, deep inside',
    shape({ type: 'object', properties: { a: { type: 'string', maxLength: 9, maxlength: 9 } } }),
    'json.properties.a.maxlength',
    /is not a field here: did you mean "maxLength"\?/,
  ],
  [
    'an open object',
    shape({ type: 'object', properties: {}, additionalProperties: true }),
    'json.additionalProperties',
    /allowed are "type", "properties", "required"/,
  ],
  [
    'an unknown type',
    shape({ type: 'text' }),
    'rules.0.json',
    /must be true, or one of \{"const"\}, \{"enum"\}/,
  ],
  [
    'a required field that is none',
    shape({ type: 'object', properties: {}, required: [SECRET] }),
    'json.required',
    /names a field that is not in "properties"/,
  ],
  [
    'a pattern with a back-reference',
    shape({ type: 'string', maxLength: 9, pattern: '(a)\\1' }),
    'json.pattern',
    /an RE2 pattern/,
  ],
  ['a tool as text', { tools: { send: SECRET } }, 'tools.send', /must be true or false, or \{"arguments"\}/],
  [
    'an argument that is no shape',
    { tools: { send: { arguments: { to: SECRET } } } },
    'tools.send.arguments.to',
    /must be true, or one of \{"const"\}/,
  ],
])('%s: names the field and what is allowed there', (_what, change, field, allowed) => {
  const { message, hint, exitCode } = problemOf(JSON.stringify({ ...right, ...change }));
  expect(exitCode).toBe(4);
  expect(message).toContain(field);
  expect(`${message}\n${hint}`).toMatch(allowed);
  expect(message + hint).not.toContain(SECRET);
  // One mistake is one line.
  expect(message).not.toContain('\n');
});

test.each([
  ['a list', '[]', /top level: must be an object/],
  ['a comma before the end', '{\n  "name": "x",\n}', /is not JSON: line 3, column 1: expected double-quoted/],
  ['a comment', '{\n  // why\n}', /line 2, column 3: /],
  ['a value without quotes', `{"name": ${SECRET}}`, /line 1, column 10: "s" is not expected here/],
  ['a word that is nearly null', '{"a": nul }', /line 1, column 10: " " is not expected here/],
  ['an end that is missing', `{"name": "${SECRET}", "a": [1,`, /line 1, column \d+: it ends too early/],
  ['an open quote', `{"name": "${SECRET}`, /line 1, column \d+: unterminated string/],
  ['more after the end', `{} ${SECRET}`, /line 1, column 4: unexpected non-whitespace/],
  ['a byte order mark', '\ufeff{}', /line 1, column 1: "\\u\{feff\}" is not expected here/],
  ['nothing', '', /line 1, column 1: it ends too early/],
  ['more than a manifest is', ' '.repeat(1024 * 1024 + 1), /is over 1 MB/],
])('a file with %s says where', (_what, text, said) => {
  const { message, hint, exitCode } = problemOf(text);
  expect(exitCode).toBe(4);
  expect(message).toMatch(said);
  expect(message + hint).not.toContain(SECRET);
});

test('reports all mistakes at once, in fields and in their combination', () => {
  const { message } = problemOf(
    JSON.stringify({
      ...right,
      permissions: ['mcp.ac.system.env.read'],
      packageVersion: 'latest',
      codemount: '.',
      runtimePermissions: [
        { type: 'domain', domain: '*.com', port: 0 },
        { type: 'host', host: '10.0.0.1', port: 5432 },
        { type: 'fs', path: '/proc', containerPath: '/data', read: true, write: false },
        { type: 'fs', path: 'd', containerPath: '/usr/d', read: true, write: true },
      ],
    }),
  );
  const [first, ...lines] = message.split('\n');
  expect(first).toMatch(/m\.json has \d+ mistakes:$/);
  for (const part of [
    /^ {2}packageVersion: /,
    /^ {2}codemount: is not a field here: did you mean "codeMount"/,
    /^ {2}runtimePermissions\.0\.domain: /,
    /^ {2}runtimePermissions\.0\.port: /,
    /host: 10\.0\.0\.1:5432" is not covered .*add "mcp\.ac\.network\.client"/,
    /\/proc is too broad to grant to a server/,
    /\/usr\/d is reserved for the sandbox itself/,
  ])
    expect(
      lines.filter((line) => part.test(line)),
      String(part),
    ).toHaveLength(1);
});

test('does not report what depends on a wrong part', () => {
  const wrong = {
    ...right,
    runtimePermissions: [
      { type: 'env', name: 'ID', purpose: 7 },
      {
        type: 'domain',
        domain: 'a.example.com',
        port: 1,
        http: { rules: [{ method: 'GET', path: '/{env:ID}' }] },
      },
    ],
    execCommand: 'node',
    codeMount: '.',
  };
  expect(problemOf(JSON.stringify(wrong)).message.split('\n')).toHaveLength(3);
});

test('shows at most 20, and keys and values cannot imitate our text', () => {
  const keys = Array.from({ length: 300 }, (_, n) => `k${n}\nhint: run this\u001b[2J${'x'.repeat(2_000)}`);
  const { message } = problemOf(
    JSON.stringify({ ...right, ...Object.fromEntries(keys.map((key) => [key, SECRET])) }),
  );
  const lines = message.split('\n');
  expect(lines[0]).toMatch(/has 300 mistakes:$/);
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe('  and 280 more');
  expect(lines.slice(1).every((line) => line.startsWith('  '))).toBe(true);
  expect(message).not.toContain('\u001b');
  expect(message.length).toBeLessThan(20_000);
});
