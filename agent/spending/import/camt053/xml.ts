import { SaxesParser } from 'saxes';
import { NotAStatement, type StatementReader } from '../statement.ts';
import { MAX_FIELD } from '../values.ts';

const MAX_DEPTH = 100;
/** Longest stretch between two events of the parser, which holds that much. */
const MAX_TOKEN = 100_000;
const SLICE = 16_384;

/** Names are local: without the prefix of a namespace. */
export interface XmlHandlers {
  open(name: string, line: number): void;
  attribute(name: string, text: string): void;
  /** The text of an element that has no elements in it. */
  leaf(text: string): void;
  close(): void;
}

/** XML as a stream, in constant memory, whatever the file. A file with a document type is refused: with it, entities. */
export function xmlReader(handlers: XmlHandlers): StatementReader {
  const parser = new SaxesParser();
  let [depth, event, line, leaf, text] = [0, 0, 1, false, ''];
  const fail = (reason: string): never => {
    throw new NotAStatement(parser.line, reason);
  };
  const seen = () => {
    event = parser.position;
  };
  parser.on('error', ({ message }) => fail(message.replace(/^[\d:]+ /, '').slice(0, 200)));
  parser.on('doctype', () => fail('a document type, which no bank sends'));
  parser.on('comment', seen);
  parser.on('processinginstruction', seen);
  parser.on('opentagstart', () => {
    seen();
    line = parser.line;
    depth += 1;
    if (depth > MAX_DEPTH) fail(`elements are nested more than ${MAX_DEPTH} deep`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    seen();
    handlers.open(local(name), line);
    for (const [key, value] of Object.entries(attributes)) handlers.attribute(key, value.slice(0, MAX_FIELD));
    [leaf, text] = [true, ''];
  });
  const onText = (more: string) => {
    seen();
    if (text.length + more.length > MAX_FIELD) fail(`a text of more than ${MAX_FIELD} characters`);
    text += more;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    seen();
    depth -= 1;
    if (leaf) handlers.leaf(text.trim());
    [leaf, text] = [false, ''];
    handlers.close();
  });
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; at += SLICE) {
        parser.write(chunk.slice(at, at + SLICE));
        if (parser.position - event > MAX_TOKEN)
          fail(`a part of more than ${MAX_TOKEN} characters has no end`);
      }
    },
    end: () => void parser.close(),
  };
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);
