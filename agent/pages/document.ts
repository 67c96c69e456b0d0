import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Shown } from '@spendwise/sandbox/shown';
import { Html, html } from './html.ts';

export interface Page {
  readonly title: Shown;
  /** Style sheets, after `page.css`. */
  readonly styles: readonly URL[];
  /** Bundled JavaScript; the page must be readable without it. */
  readonly script?: string;
  /** In pieces, where all of it at once would take much memory. */
  readonly body: Html | Iterable<Html>;
  /**
   * For a page that a server keeps up to date: its script and its forms may reach that server. Without JavaScript it is
   * loaded again every few seconds. A page that is a file reaches nothing.
   */
  readonly connectTo?: 'self';
}

/** The first line of each page that we write. */
export const MARK = '<!doctype html><!-- a page of SpendWise -->';

/** A page, and the policy a server sends with it. The page holds the same policy: as a file it has no headers. */
export interface Document {
  readonly policy: string;
  /** To be written one after the other, once. */
  readonly pieces: Iterable<string>;
}

export const textOf = ({ pieces }: Document): string => [...pieces].join('');

export function documentOf({ title, styles, script, body, connectTo }: Page): Document {
  const style = [BASE, ...styles].map((file) => readFileSync(file, 'utf8')).join('');
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    ...(connectTo === undefined ? [] : [`connect-src '${connectTo}'`]),
    "base-uri 'none'",
    `form-action '${connectTo ?? 'none'}'`,
  ].join('; ');
  function* pieces(): Generator<string> {
    yield `${MARK}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${html`<title>${title}</title>${connectTo && RELOAD}`.text}
<style>${style}</style>
</head>
<body>
`;
    for (const { text } of body instanceof Html ? [body] : body) yield text;
    yield script === undefined ? '' : `\n<script type="module">${script}</script>`;
    yield '\n</body>\n</html>\n';
  }
  return { policy, pieces: pieces() };
}

const RELOAD = html`<noscript><meta http-equiv="refresh" content="5"></noscript>`;

const BASE = new URL('./page.css', import.meta.url);

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
