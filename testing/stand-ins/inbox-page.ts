import type { StoredMessage } from './twilio-messages.ts';

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const html = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** The stand-in's inbox as a phone would show it. Static HTML that reloads itself; no script. */
export function inboxPage(messages: readonly StoredMessage[]): string {
  const bubbles = messages.map(
    (m) => `<li>
  <p class="meta">To ${html(m.to)} · <time>${html(m.createdAt.toISOString().slice(11, 19))} UTC</time></p>
  <p class="bubble">${html(m.body)}</p>
</li>`,
  );
  const sender = messages.at(-1)?.from ?? 'SpendWise';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<title>Inbox (${messages.length}) – Twilio stand-in</title>
<style>
  :root { color-scheme: light dark; --paper: #f4f4f6; --phone: #fff; --ink: #1c1c1e; --soft: #6b6b70; --bubble: #e6e6eb; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #111; --phone: #1c1c1e; --ink: #f2f2f7; --soft: #98989f; --bubble: #3a3a3c; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper);
    color: var(--ink); font: 16px/1.4 system-ui, sans-serif; }
  main { width: min(24rem, 100%); background: var(--phone); border-radius: 2rem; padding: 1.25rem;
    box-shadow: 0 8px 30px rgb(0 0 0 / 15%); }
  header { text-align: center; border-bottom: 1px solid var(--bubble); padding-bottom: .75rem; }
  h1 { font-size: 1rem; margin: 0; }
  header p { margin: .25rem 0 0; font-size: .8rem; color: var(--soft); }
  ol { list-style: none; margin: 0; padding: 0; min-height: 18rem; }
  .meta { margin: 1rem 0 .25rem .75rem; font-size: .75rem; color: var(--soft); }
  .bubble { margin: 0; padding: .6rem .9rem; width: fit-content; max-width: 85%; border-radius: 1.1rem;
    border-bottom-left-radius: .3rem; background: var(--bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
  .none { text-align: center; color: var(--soft); margin-top: 6rem; }
</style>
</head>
<body>
<main>
<header><h1>${html(sender)}</h1><p>Twilio stand-in: nothing here was really sent</p></header>
<ol>
${bubbles.join('\n') || '<li class="none">No texts yet</li>'}
</ol>
</main>
</body>
</html>
`;
}
