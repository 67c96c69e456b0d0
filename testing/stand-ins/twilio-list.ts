import type { ApiError, StoredMessage } from './twilio-messages.ts';

const MAX_PAGE = 1000;
const DAY_MS = 86_400_000;

export interface Page {
  readonly messages: readonly StoredMessage[];
  readonly first_page_uri: string;
  readonly next_page_uri: string | null;
  readonly previous_page_uri: string | null;
  readonly page: number;
  readonly page_size: number;
  readonly start: number;
  readonly end: number;
  readonly uri: string;
}

/**
 * One page of `GET Messages.json`, newest first. A next page is anchored on the last message shown, not on a number:
 * what arrives in between shifts nothing. A message that was not sent yet counts by when it was accepted.
 */
export function listPage(
  url: URL,
  all: readonly StoredMessage[],
  sentAt: (message: StoredMessage) => Date,
): Page | ApiError {
  const query = url.searchParams;
  const window = dateWindow(query);
  if (window === undefined)
    return { http: 400, code: 20001, message: 'DateSent must be a date, or a date and time, in ISO 8601' };
  const matching = all
    .filter((m) => !query.has('To') || m.to === query.get('To'))
    .filter((m) => !query.has('From') || m.from === query.get('From'))
    .filter((m) => sentAt(m).getTime() >= window.from && sentAt(m).getTime() <= window.to)
    .reverse();
  const size = Math.min(MAX_PAGE, Math.max(1, Number(query.get('PageSize') ?? 50) || 50));
  const page = Math.max(0, Number(query.get('Page') ?? 0) || 0);
  const anchor = query.get('PageToken')?.slice(2);
  const anchored = anchor === undefined ? -1 : matching.findIndex((m) => m.sid === anchor);
  if (anchor !== undefined && anchored < 0)
    return { http: 400, code: 20001, message: 'PageToken is not valid' };
  const back = query.get('PageToken')?.startsWith('PB');
  const start = anchored < 0 ? page * size : back ? Math.max(0, anchored - size) : anchored + 1;
  const messages = matching.slice(start, start + size);

  const at = (number: number, token?: string) => {
    const next = new URLSearchParams(query);
    next.delete('PageToken');
    next.set('PageSize', String(size));
    next.set('Page', String(number));
    if (token !== undefined) next.set('PageToken', token);
    return `${url.pathname}?${next}`;
  };
  const [first, last] = [messages[0], messages.at(-1)];
  return {
    messages,
    first_page_uri: at(0),
    next_page_uri: last && start + size < matching.length ? at(page + 1, `PA${last.sid}`) : null,
    previous_page_uri: page > 0 && first ? at(page - 1, `PB${first.sid}`) : null,
    page,
    page_size: size,
    start,
    end: start + Math.max(0, messages.length - 1),
    uri: at(page, query.get('PageToken') ?? undefined),
  };
}

/** `DateSent` is a day, `DateSent>` and `DateSent<` are bounds that include themselves. */
function dateWindow(query: URLSearchParams): { from: number; to: number } | undefined {
  const parse = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    return /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(text)
      ? Date.parse(text)
      : Number.NaN;
  };
  const [day, after, before] = [parse('DateSent'), parse('DateSent>'), parse('DateSent<')];
  if ([day, after, before].some(Number.isNaN)) return undefined;
  return {
    from: Math.max(day ?? 0, after ?? 0),
    to: Math.min(day === undefined ? Infinity : day + DAY_MS - 1, before ?? Infinity),
  };
}
