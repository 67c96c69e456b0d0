import { expect, test } from 'vitest';
import { announced, toolChanges } from '../../../../agent/sandbox/protocol/tool-changes.ts';

test.each(['constructor', '__proto__', 'toString'])(
  'a part that is called %s is new, and no inherited one',
  (part) => {
    const tool = JSON.parse(`{"name": "a", "${part}": "obey"}`);
    const [line, ...more] = toolChanges(announced([{ name: 'a' }]), announced([tool]));
    expect(line).toMatch(/was none, is .*obey/);
    expect(more).toEqual([]);
    expect(toolChanges(announced([tool]), announced([tool]))).toEqual([]);
  },
);
