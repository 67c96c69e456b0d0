import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { importFile } from '../../../../agent/spending/import/import-file.ts';
import { recognize } from '../../../../agent/spending/import/recognize.ts';
import { Source } from '../../../../agent/spending/import/source.ts';
import { exported, memoryDatabase } from './support.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const files = globSync('{ofx,qif,camt053}/*', { cwd: FIXTURES }).sort();

test.each(files)('%s is known by its content, and a second import adds nothing', async (file) => {
  const db = memoryDatabase();
  const imported = async () => {
    const source = await Source.open(join(FIXTURES, file));
    try {
      const recognized = recognize(source.head(source.size), true, { csv: {} });
      expect(dirname(file)).toBe(recognized.format);
      const outcome = await importFile(db, source, recognized, {
        account: undefined,
        currency: 'EUR',
        dryRun: false,
        skipBadRows: true,
      });
      return outcome.ok ? outcome.imported : expect.fail('refused');
    } finally {
      source.close();
    }
  };
  const { added } = await imported();
  const before = exported(db);
  expect(added).toBeGreaterThan(0);
  expect(await imported()).toMatchObject({ added: 0, updated: 0, known: added });
  expect(exported(db)).toBe(before);
});
