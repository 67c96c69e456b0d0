import { NotAStatement, type StatementReader } from '../statement.ts';
import { countLines, lineFeeds, MAX_FIELD } from '../values.ts';

/** `<NAME>text`, or `</NAME>`: its name is then `/NAME` and its text is empty. Names are in capitals. */
export interface Tag {
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

const NAME = /^(\/?)([a-z][\w.:-]*)(?:\s[^<]*)?(\/?)$/i;
/** What begins with `<` and is no tag. `keep`: its content is text. */
const OTHERS = [
  { start: '<!--', end: '-->', keep: false },
  { start: '<![CDATA[', end: ']]>', keep: true },
  { start: '<?', end: '>', keep: false },
] as const;
const LONGEST_START = '<![CDATA['.length;

/**
 * Tags of OFX 1 (SGML, where values have no closing tags) and OFX 2 (XML). One reader for both: banks send files with an
 * XML declaration and unclosed values. Which tag closes which is left to the caller.
 */
export function tagReader(onTag: (tag: Tag) => void): StatementReader {
  const newlines = lineFeeds();
  let [buffer, at, line, ended] = ['', 0, 1, false];
  let tag = { name: '', line: 1, text: '' };

  const take = (length: number): string => {
    const taken = buffer.slice(at, at + length);
    line += countLines(taken);
    at += length;
    return taken;
  };
  const emit = (name: string): void => {
    if (tag.name !== '') onTag({ ...tag, text: tag.text === '' ? '' : decoded(tag.text).trim() });
    tag = { name: name.toUpperCase(), line, text: '' };
  };
  const addText = (text: string): void => {
    if (tag.name === '' || tag.name.startsWith('/')) return;
    if (tag.text.length + text.length > MAX_FIELD)
      throw new NotAStatement(tag.line, `the text after a tag has more than ${MAX_FIELD} characters`);
    tag.text += text;
  };

  /** Reads what stands at a `<`. False if the rest of it has not arrived. */
  const markup = (): boolean => {
    const window = buffer.slice(at, at + MAX_FIELD);
    if (window.length < LONGEST_START && !ended) return false;
    const other = OTHERS.find(({ start }) => window.startsWith(start));
    if (other === undefined && window.startsWith('<!'))
      throw new NotAStatement(line, 'a document type or another declaration, which no bank sends');
    const end = window.indexOf(other?.end ?? '>', other?.start.length ?? 1);
    const next = window.indexOf('<', 1);
    if (other === undefined && (!/^<[/a-z]/i.test(window) || (next !== -1 && (end === -1 || next < end)))) {
      addText(take(1));
      return true;
    }
    if (end === -1) {
      if (ended) throw new NotAStatement(line, 'the file ends inside a tag: it is cut off');
      if (window.length < MAX_FIELD) return false;
      throw new NotAStatement(line, `a tag or comment of more than ${MAX_FIELD} characters`);
    }
    if (other !== undefined) {
      const content = window.slice(other.start.length, end);
      if (other.keep) addText(content.replaceAll('&', '&amp;'));
      take(end + other.end.length);
      return true;
    }
    const [, closing = '', name, selfClosing] = NAME.exec(window.slice(1, end)) ?? [];
    if (name === undefined) addText(take(1));
    else {
      emit(closing + name);
      take(end + 1);
      if (selfClosing) emit(`/${name}`);
    }
    return true;
  };

  const read = (): void => {
    while (at < buffer.length) {
      if (buffer[at] === '<') {
        if (!markup()) break;
        continue;
      }
      const open = buffer.indexOf('<', at);
      addText(take((open === -1 ? buffer.length : open) - at));
    }
    buffer = buffer.slice(at);
    at = 0;
  };

  return {
    push(text) {
      buffer += newlines(text);
      read();
    },
    end() {
      ended = true;
      read();
      emit('');
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Entities that are none stay as they are: many banks write a bare `&`. */
const decoded = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
