import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conversation, MAX_CONVERSATION_BYTES } from '../../../agent/loop/conversation.ts';
import type { ConversationItem } from '../../../agent/models/model.ts';

const call = (id: string): ConversationItem => ({
  type: 'function_call',
  call_id: id,
  name: 'x',
  arguments: '{}',
});
const output = (id: string, text: string): ConversationItem => ({
  type: 'function_call_output',
  call_id: id,
  output: text,
});

/** A person's words, calls with their outputs, and an answer. */
const turn = (name: string, outputs: readonly string[] = []): ConversationItem[] => [
  { role: 'user', content: name },
  ...outputs.map((_, n) => call(`${name}${n}`)),
  ...outputs.map((text, n) => output(`${name}${n}`, text)),
  { role: 'assistant', content: 'Done.' },
];
const said = (conversation: Conversation) =>
  conversation.items.flatMap((item) => ('role' in item && item.role === 'user' ? [item.content] : []));

test('a conversation that fits is left as it is', () => {
  const conversation = new Conversation();
  conversation.add(turn('one', ['x'.repeat(MAX_CONVERSATION_BYTES / 2)]));
  expect(conversation.shorten()).toBe(0);
  expect(conversation.forgot).toBe(false);
  expect(said(conversation)).toEqual(['one']);
});

test('forgets the oldest turns of a long conversation, until it is cleared', () => {
  const conversation = new Conversation();
  for (const name of ['one', 'two', 'three']) conversation.add(turn(name, ['x'.repeat(40_000)]));
  expect(conversation.shorten()).toBe(1);
  expect(said(conversation)).toEqual(['two', 'three']);
  expect(conversation.shorten()).toBe(0);
  expect(conversation.forgot).toBe(true);
  conversation.clear();
  expect(conversation.forgot).toBe(false);
  expect(conversation.items).toEqual([]);
});

test('counts bytes, because a letter may be three tokens; also removes a single turn that is too long', () => {
  const conversation = new Conversation();
  conversation.add(turn('one', ['食'.repeat(40_000)]));
  expect(conversation.shorten()).toBe(1);
  expect(conversation.items).toEqual([]);
});

test('keeps the end of the conversation within the limit, with an output for each call', () => {
  const turns = fc.array(fc.array(fc.string({ maxLength: 60 }), { maxLength: 4 }), { maxLength: 12 });
  fc.assert(
    fc.property(turns, fc.nat(3_000), (outputs, bound) => {
      const conversation = new Conversation();
      const all = outputs.map((each, n) => turn(`${n}`, each));
      all.forEach((items) => {
        conversation.add(items);
      });
      const forgotten = conversation.shorten(bound);
      expect(conversation.items).toEqual(all.slice(forgotten).flat());
      const bytes = conversation.items.map((item) => Buffer.byteLength(JSON.stringify(item)));
      expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(bound);
      const ids = (type: string) =>
        conversation.items.flatMap((item) => ('call_id' in item && item.type === type ? [item.call_id] : []));
      expect(ids('function_call')).toEqual(ids('function_call_output'));
    }),
  );
});
