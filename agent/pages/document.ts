import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Shown } from '@spendwise/sandbox/shown';
import { type Html, html } from './html.ts';

export interface Page {
  readonly title: Shown;
  /** Style sheets, after `page.css`. */
  readonly styles: readonly URL[];
  /** Bundled JavaScript; the page must be readable without it. */
  readonly script?: string;
  readonly body: Html;
  /** What the script may reach. A page that is a file reaches nothing. */
  readonly connectTo?: 'self';
}

/** The first line of each page that we write. */
export const MARK = '<!doctype html><!-- a page of SpendWise -->';

/** A page, and the policy a server sends with it. The page holds the same policy: as a file it has no headers. */
export function documentOf({ title, styles, script, body, connectTo }: Page): {
  text: string;
  policy: string;
} {
  const style = [BASE, ...styles].map((file) => readFileSync(file, 'utf8')).join('');
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    ...(connectTo === undefined ? [] : [`connect-src '${connectTo}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const scripts = script === undefined ? '' : `<script type="module">${script}</script>\n`;
  const head = html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>`;
  const text = `${MARK}
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="${policy}">
${head.text}
<style>${style}</style>
</head>
<body>
${body.text}
${scripts}</body>
</html>
`;
  return { text, policy };
}

const BASE = new URL('./page.css', import.meta.url);

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
