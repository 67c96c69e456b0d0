import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { ConversationItem, FunctionTool } from './model.ts';

/**
 * Converts a conversation to Chat Completions messages. Text and calls of one answer become one message. Reasoning is
 * left out: endpoints that send it do not accept it back.
 */
export function chatMessages(
  instructions: string,
  items: readonly ConversationItem[],
): ChatCompletionMessageParam[] {
  const messages: ChatCompletionMessageParam[] = [{ role: 'system', content: instructions }];
  const answer = () => {
    const last = messages.at(-1);
    if (last?.role === 'assistant') return last;
    const message = { role: 'assistant' as const, content: null };
    messages.push(message);
    return message as Extract<ChatCompletionMessageParam, { role: 'assistant' }>;
  };
  for (const item of items) {
    if (item.type === 'function_call') {
      const call = {
        id: item.call_id,
        type: 'function' as const,
        function: { name: item.name, arguments: jsonOrNothing(item.arguments) },
      };
      const message = answer();
      message.tool_calls ??= [];
      message.tool_calls.push(call);
    } else if (item.type === 'function_call_output') {
      const content = typeof item.output === 'string' ? item.output : (JSON.stringify(item.output) ?? '');
      messages.push({ role: 'tool', tool_call_id: item.call_id ?? '', content });
    } else if ('role' in item && item.role === 'assistant') {
      const message = answer();
      const text = textOf(item.content);
      message.content = message.content ? `${message.content}\n\n${text}` : text;
    } else if ('role' in item && item.role === 'user') {
      messages.push({ role: 'user', content: textOf(item.content) });
    }
  }
  return messages;
}

export const chatTools = (tools: readonly FunctionTool[]): ChatCompletionTool[] =>
  tools.map((tool) => ({ type: 'function', function: { ...tool } }));

/** Some servers parse the arguments again, and fail if they are not JSON. */
function jsonOrNothing(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return '{}';
  }
}

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => String(part.text ?? part.refusal ?? '')).join('');
};
