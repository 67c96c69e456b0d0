import type { Shown } from '@spendwise/sandbox/shown';

/** Markup that may stand in a page. Only `html` makes it. */
export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(markup: TemplateStringsArray, values: readonly Value[]): Html {
    return new Html(markup.reduce((made, part, at) => made + written(values[at - 1]) + part));
  }
}

type Value = Html | Shown | number | Nothing | readonly (Html | Nothing)[];
type Nothing = undefined | false;

/**
 * Our own markup with values in it. Others' words must be `Shown` first, which spells out what nobody sees, and are
 * escaped here. `undefined` and `false` are nothing. A value stands between tags or between the quotes of an attribute, nowhere else.
 */
export const html = (markup: TemplateStringsArray, ...values: readonly Value[]): Html =>
  Html.of(markup, values);

const written = (value: Value): string => {
  if (value === undefined || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
  return value instanceof Html ? value.text : value.map(written).join('');
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
