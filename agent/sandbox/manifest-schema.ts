import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ManifestFields } from './manifest-fields.ts';

/** The shape of a manifest for editors (JSON Schema, draft 7): completion, and errors while typing. */
export const manifestSchema = (): string => {
  const schema = z.toJSONSchema(ManifestFields, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ title: 'SpendWise sandbox manifest', ...schema }, null, 2)}\n`;
};

// `npm run manifest-schema` writes it anew.
if (import.meta.main)
  writeFileSync(fileURLToPath(new URL('./manifest.schema.json', import.meta.url)), manifestSchema());
