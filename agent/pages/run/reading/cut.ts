/** Limits of what a page shows of one moment. */
export const MAX_TITLE = 300;
export const MAX_BODY = 4_000;

export const cut = (text: string, most = MAX_TITLE): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;

/** A long text, and where the rest of it is. */
export const bodyOf = (name: string, text: string, id: string) => ({
  name,
  text:
    text.length <= MAX_BODY
      ? text
      : `${text.slice(0, MAX_BODY)}… and ${text.length - MAX_BODY} more characters: \`spendwise runs show ${id}\``,
});

/** A field of a log, which anybody may have written. */
export const textOf = (value: unknown): string =>
  cut(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
