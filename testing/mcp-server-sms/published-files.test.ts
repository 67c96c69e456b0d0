import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { REPO } from '../support/run.ts';
import { SERVER_JSON } from './server-json-schema.ts';

const read = (file: string) => JSON.parse(readFileSync(join(REPO, 'mcp-server-sms', file), 'utf8'));
const [manifest, serverJson, mcpb] = [read('package.json'), read('server.json'), read('mcpb/manifest.json')];
const valid = new Ajv({ allErrors: true, strict: false }).compile(SERVER_JSON);

test('server.json is what the MCP registry asks for', () => {
  expect(valid(serverJson), JSON.stringify(valid.errors)).toBe(true);
  const [first] = serverJson.packages;
  for (const wrong of [
    { ...serverJson, name: 'mcp-server-sms' },
    { ...serverJson, description: 'x'.repeat(101) },
    { ...serverJson, packages: [{ ...first, version: 'latest' }] },
    { ...serverJson, packages: [{ ...first, registry_type: 'npm' }] },
    { ...serverJson, packages: [{ ...first, transport: undefined }] },
  ])
    expect(valid(wrong)).toBe(false);
});

test('package, server.json, bundle and sandbox manifest speak of the same thing', () => {
  const { version, mcpName, license } = manifest;
  expect(serverJson).toMatchObject({ name: mcpName, version });
  expect(serverJson.packages).toMatchObject([{ identifier: manifest.name, version }]);
  expect(mcpb).toMatchObject({ name: manifest.name, version, license });
  expect(read('sandbox.json')).toMatchObject({ packageName: manifest.name, packageVersion: version });
  // The registry looks for it in the published package.
  expect(mcpName).toMatch(/^io\.github\.[a-z0-9-]+\/mcp-server-sms$/);
});

test('every variable that a bundle or the sandbox sets is one of server.json, and every secret is marked', () => {
  const variables = serverJson.packages[0].environmentVariables as { name: string; isSecret?: boolean }[];
  const names = variables.map(({ name }) => name);
  const asked = (read('sandbox.json').runtimePermissions as { type: string; name?: string }[])
    .filter(({ type }) => type === 'env')
    .map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...asked, ...Object.keys(mcpb.server.mcp_config.env)]));
  const secret = /TOKEN|SECRET/;
  for (const { name, isSecret = false } of variables) expect(isSecret, name).toBe(secret.test(name));
  for (const [name, field] of Object.entries<{ sensitive?: boolean }>(mcpb.user_config))
    expect(field.sensitive ?? false, name).toBe(secret.test(name.toUpperCase()));
});
