import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * `import.meta.url` of a source stays the address that the source has in the package, wherever its code ends up: what
 * it names beside itself, such as a schema, is shipped at its place. `up` leads from the bundle's folder to `root`.
 */
export const sourceUrls = (root: string, up: string): Plugin => ({
  name: 'source-urls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const url = JSON.stringify(`${up}/${relative(root, path)}`);
      return {
        contents: readFileSync(path, 'utf8').replaceAll(
          'import.meta.url',
          `new URL(${url}, import.meta.url).href`,
        ),
        loader: 'ts',
      };
    }),
});
