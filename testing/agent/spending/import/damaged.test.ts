import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpendwiseError } from '@spendwise/sandbox/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importFile } from '../../../../agent/spending/import/import-file.ts';
import { recognize } from '../../../../agent/spending/import/recognize.ts';
import { Source } from '../../../../agent/spending/import/source.ts';
import { NotAStatement } from '../../../../agent/spending/import/statement.ts';
import { temporaryFolder } from '../../../support/folder.ts';
import { exported, memoryDatabase } from './support.ts';

const FIXTURES = globSync('fixtures/**/*.*', { cwd: import.meta.dirname }).map((name) =>
  readFileSync(join(import.meta.dirname, name)),
);

const damage = fc.oneof(
  fc.record({ how: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    how: fc.constant('put' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.uint8Array({ maxLength: 12 }),
  }),
);
const files = fc
  .tuple(fc.constantFrom(...FIXTURES), fc.array(damage, { maxLength: 3 }))
  .map(([whole, damages]) =>
    damages.reduce((bytes: Uint8Array, one) => {
      const at = Math.floor(bytes.length * one.at);
      return one.how === 'cut'
        ? bytes.subarray(0, at)
        : Buffer.concat([bytes.subarray(0, at), one.bytes, bytes.subarray(at + one.bytes.length)]);
    }, whole),
  );

test('a damaged file is imported as a whole, or not at all', async () => {
  const path = join(temporaryFolder(), 'bank.csv');
  await fc.assert(
    fc.asyncProperty(files, async (bytes) => {
      writeFileSync(path, bytes);
      const db = memoryDatabase();
      const before = exported(db);
      const source = await Source.open(path);
      const written = async () => {
        const recognized = recognize(bytes, true, { csv: {} });
        const how = { account: undefined, currency: 'CHF', dryRun: false, skipBadRows: false };
        return (await importFile(db, source, recognized, how)).ok;
      };
      const ok = await written().catch((error) => {
        if (!(error instanceof NotAStatement) && !(error instanceof SpendwiseError)) throw error;
        return false;
      });
      source.close();
      expect(db.inTransaction).toBe(false);
      if (!ok) expect(exported(db)).toBe(before);
      const imports = db.prepare('SELECT count(*) FROM imports').pluck().get();
      expect(imports).toBe(ok ? 1 : 0);
    }),
    { numRuns: 120 },
  );
});
