import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ManifestFields } from './fields.ts';

/** The shape of a manifest for editors (JSON Schema, draft 7): completion, and errors while typing. */
export const manifestSchema = (): string => {
  const schema = z.toJSONSchema(ManifestFields, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ title: 'SpendWise sandbox manifest', ...schema }, null, 2)}\n`;
};

// `npm run manifest-schema` writes it anew.
const own = fileURLToPath(import.meta.url);
if (resolve(process.argv[1] ?? '') === own)
  writeFileSync(fileURLToPath(new URL('../manifest.schema.json', import.meta.url)), manifestSchema());
