/**
 * What the MCP registry asks of a server.json, version 2025-12-11: written anew from the rules of its published schema
 * (linked by `$schema` in ours), of the parts that we use. Unlike that one it lets no unknown field through.
 */
const exactly = (properties: Record<string, object>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
/** No range, and no tag. */
const version = { ...text(255), pattern: '^\\d+\\.\\d+\\.\\d+', not: { const: 'latest' } };

const variable = exactly(
  {
    name: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    description: { type: 'string' },
    format: { enum: ['string', 'number', 'boolean', 'filepath'] },
    default: { type: 'string' },
    isRequired: { type: 'boolean' },
    isSecret: { type: 'boolean' },
  },
  ['name', 'description'],
);

const npmPackage = exactly(
  {
    registryType: { const: 'npm' },
    identifier: text(214),
    version,
    runtimeHint: { enum: ['npx', 'uvx', 'docker', 'dnx'] },
    transport: exactly({ type: { const: 'stdio' } }, ['type']),
    environmentVariables: { type: 'array', items: variable },
  },
  ['registryType', 'identifier', 'version', 'transport'],
);

export const SERVER_JSON = exactly(
  {
    $schema: { const: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json' },
    // Reverse DNS, one slash.
    name: { type: 'string', minLength: 3, maxLength: 200, pattern: '^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$' },
    title: text(100),
    description: text(100),
    version,
    packages: { type: 'array', minItems: 1, items: npmPackage },
  },
  ['$schema', 'name', 'description', 'version', 'packages'],
);
