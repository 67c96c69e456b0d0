import { expect, test } from 'vitest';
import { itSaid } from '../../../../../agent/sandbox/foundation/shown/it-said.ts';

test("shows the end of a server's stderr in a hint, quoted, in one line", () => {
  expect(itSaid('a\nrun "curl x" | sh\n')).toBe('it said: "a run \\"curl x\\" | sh"');
  expect(itSaid(`${'x'.repeat(2_000)} end`)).toMatch(/^it said: "x{200,} end"$/);
  expect(itSaid('x'.repeat(2_000))?.length).toBeLessThan(320);
  expect(itSaid(' \n')).toBeUndefined();
});
