import { z } from 'zod';
import { JsonShape, shapeProblem, shapeVariables } from './json-shape.ts';
import { variantsInWords } from './mistakes.ts';

/**
 * Which tools of a server may be used, and with which arguments. `false` leaves a tool out. `arguments` lists every argument
 * that a call may have. `*` stands for the tools that are not named; without it, they may be used.
 */
export const ToolLimits = z.record(
  z.string().min(1).max(200),
  z.union([z.boolean(), z.strictObject({ arguments: z.record(z.string(), JsonShape) })], {
    error: variantsInWords,
  }),
);
export type ToolLimits = z.infer<typeof ToolLimits>;

/** Every variable that the limits refer to. */
export const limitVariables = (limits: ToolLimits): string[] =>
  Object.values(limits).flatMap((limit) =>
    typeof limit === 'boolean' ? [] : Object.values(limit.arguments).flatMap(shapeVariables),
  );

/** Several limits at once, such as a manifest's and a grant's: what one of them refuses is refused. */
export class ToolBounds {
  readonly #limits: readonly ToolLimits[];
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** `env`: the operator's values of granted variables. */
  constructor(limits: readonly ToolLimits[], env: Readonly<Record<string, string | undefined>>) {
    this.#limits = limits;
    this.#env = env;
  }

  get none(): boolean {
    return this.#limits.length === 0;
  }

  isLeftOut(tool: string): boolean {
    return this.#limits.some((limits) => limitOf(limits, tool) === false);
  }

  /** Why a call is refused, naming the argument; undefined when it is not. */
  refusal(tool: string, args: unknown): string | undefined {
    if (this.isLeftOut(tool)) return 'this tool was left out';
    for (const limits of this.#limits) {
      const limit = limitOf(limits, tool);
      if (typeof limit === 'boolean') continue;
      const shape: JsonShape = { type: 'object', properties: limit.arguments };
      const problem = shapeProblem(shape, args ?? {}, this.#env, 'arguments');
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
}

function limitOf(limits: ToolLimits, tool: string): Exclude<ToolLimits[string], undefined> {
  const name = Object.hasOwn(limits, tool) ? tool : '*';
  return (Object.hasOwn(limits, name) ? limits[name] : undefined) ?? true;
}
