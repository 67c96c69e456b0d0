import type { Session } from '../../../agent/app/session.ts';
import { type CallOutcome, ToolDoor } from '../../../agent/tools/door.ts';
import { Toolbox } from '../../../agent/tools/toolbox.ts';

/** Allows everything, and writes nothing down: what a model could do if nothing stood before the servers. */
class OpenDoor extends ToolDoor {
  readonly #toolbox: Toolbox;

  constructor(toolbox: Toolbox) {
    const never = () => {
      throw new Error('nobody is asked');
    };
    super({ toolbox, approve: undefined, facts: never, sendOnce: never, record: never });
    this.#toolbox = toolbox;
  }

  override async call(name: string, raw: string, signal: AbortSignal): Promise<CallOutcome> {
    const tool = this.#toolbox.tools.get(name);
    if (tool === undefined) return { kind: 'invalid', name, reason: 'there is no such tool' };
    const args = JSON.parse(raw);
    const result = await this.#toolbox.call(tool, args, signal);
    return { kind: 'result', call: { server: tool.server, tool: tool.tool, args }, result };
  }
}

export const openDoor = ({ servers }: Session): ToolDoor =>
  new OpenDoor(Toolbox.of(servers.flatMap(({ connected }) => connected ?? [])));
