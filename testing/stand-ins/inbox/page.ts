import { ours, shown } from '@spendwise/sandbox/shown';
import { type Document, documentOf } from '../../../agent/pages/document.ts';
import { type Html, html } from '../../../agent/pages/html.ts';
import { scriptOf } from '../../../agent/pages/script.ts';
import type { Piece } from './pieces.ts';
import { switchesForm } from './switches.ts';

let bundled: Promise<string> | undefined;

/** The inbox as a phone and what is beside it. Everything is there without JavaScript; then it reloads itself. */
export async function inboxPage(pieces: readonly Piece[], token: string): Promise<Document> {
  const inside = (id: string): Html | undefined => pieces.find((piece) => piece.id === id)?.html();
  const items = (list: Piece['list']): Html[] =>
    pieces
      .filter((piece) => piece.list === list)
      .map((piece) => html`<li id="${shown(piece.id)}">${piece.html()}</li>`);
  const body = html`<main class="sheet">
<header>
  <p class="kicker">Twilio stand-in</p>
  <div role="status"><h1 id="headline">${inside('headline')}</h1></div>
  <p>Nothing here was really sent. This is the phone of a stand-in that runs on this machine and knows only what reached it.
  <strong id="connection" role="status"></strong></p>
</header>
<div class="desk">
<section class="phone" aria-labelledby="messages">
  <h2 id="messages">Messages</h2>
  <div class="screen" tabindex="0" role="region" aria-label="Texts, the newest last"><div>
  <p class="soft" id="earlier">${inside('earlier')}</p>
  <ol id="texts">${items('texts')}</ol>
  <p class="none">No texts yet</p>
  </div></div>
</section>
<section class="lane" aria-labelledby="way">
  <h2 id="way">What was stopped</h2>
  <p class="soft" id="followed">${inside('followed')}</p>
  <div class="pile" tabindex="0" role="region" aria-label="Stopped, the newest first">
  <ol id="stopped" class="newest-first">${items('stopped').reverse()}</ol>
  <p class="none">Nothing was stopped</p>
  </div>
</section>
<section class="wrong" aria-labelledby="wrong">
  <h2 id="wrong">Let it go wrong</h2>
  <p class="soft">Each button spoils the next text. Then send one, and see what SpendWise does.</p>
  <div id="armed" role="status">${inside('armed')}</div>
  <p><button form="switches" name="arm" value="clear">Clear all</button></p>
  <p id="refusal" role="alert"></p>
  ${switchesForm(token)}
</section>
</div>
</main>`;
  bundled ??= scriptOf('inbox');
  return documentOf({
    title: ours`Inbox – Twilio stand-in`,
    styles: [new URL('./inbox.css', import.meta.url)],
    script: await bundled,
    body,
    connectTo: 'self',
  });
}
