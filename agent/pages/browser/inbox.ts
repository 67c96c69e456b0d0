/** Keeps the inbox of the Twilio stand-in up to date, and sends its buttons without leaving the page. */

interface Message {
  /** Of the stand-in that speaks: another one after a restart. */
  readonly token: string;
  /** Everything there is; otherwise only what changed. */
  readonly all: boolean;
  readonly gone: readonly string[];
  readonly changed: readonly { readonly id: string; readonly list?: string; readonly html: string }[];
}

const element = (id: string): HTMLElement | null => document.getElementById(id);
const write = (id: string, text: string): void => element(id)?.replaceChildren(text);

const today = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const anotherDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

function inLocalTime(root: ParentNode): void {
  for (const time of root.querySelectorAll('time')) {
    const date = new Date(time.dateTime);
    const sameDay = date.toDateString() === new Date().toDateString();
    time.textContent = (sameDay ? today : anotherDay).format(date);
  }
}

function newItem(id: string, list: string, isNews: boolean): HTMLElement {
  const item = document.createElement('li');
  item.id = id;
  if (isNews) item.className = 'new';
  const parent = element(list);
  if (parent?.classList.contains('newest-first')) parent.prepend(item);
  else parent?.append(item);
  return item;
}

/** What the page shows of each part: only what changed is written, for a person may have selected the rest. */
const written = new Map<string, string>();

function take({ token, all, gone, changed }: Message): void {
  if (token !== document.querySelector<HTMLInputElement>('input[name=token]')?.value) location.reload();
  const there = new Set(changed.map(({ id }) => id));
  const items = [...document.querySelectorAll('#texts > li, #stopped > li')].map(({ id }) => id);
  for (const id of all ? items.filter((item) => !there.has(item)) : gone) element(id)?.remove();
  for (const { id, list, html } of changed) {
    const place = element(id) ?? (list === undefined ? null : newItem(id, list, !all));
    if (place === null || written.get(id) === html) continue;
    written.set(id, html);
    place.innerHTML = html;
    inLocalTime(place);
  }
  for (const id of gone) written.delete(id);
  document.title = `${element('headline')?.textContent} – Twilio stand-in`;
}

let source: EventSource | undefined;

/** A hidden page holds no connection: a browser has six for all pages of one server. */
function connect(): void {
  source?.close();
  if (document.hidden) return;
  source = new EventSource('/events');
  source.onopen = () => write('connection', '');
  source.onmessage = ({ data }) => take(JSON.parse(data));
  source.onerror = () =>
    write(
      'connection',
      'Not connected: the stand-in has ended, or too many pages of it are open. This is what was here last.',
    );
}

document.addEventListener('visibilitychange', connect);
addEventListener('pagehide', () => source?.close());
inLocalTime(document);
connect();

element('switches')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, event.submitter)) body.append(name, String(value));
  // The answer leads back to this page, which is there already.
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(
    () => undefined,
  );
  const refused =
    answer === undefined ? 'The stand-in does not answer.' : answer.status >= 400 ? await answer.text() : '';
  write('refusal', refused);
});
