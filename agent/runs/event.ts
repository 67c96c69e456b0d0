import { z } from 'zod';

/** The lines of a run's file: the start, the events of the loop, and the end. */

/** Temporal accepts no more than nanoseconds. */
const time = z.iso.datetime().max('2026-01-01T00:00:00.123456789Z'.length);

const Start = z.looseObject({
  type: z.literal('run'),
  time,
  id: z.string(),
  version: z.literal(1),
  model: z.looseObject({ kind: z.string(), name: z.string() }),
  runtime: z.string(),
  twilio: z.string(),
  prompt: z.string(),
  /**
   * The audit log of its servers, by name, and how many lines it had: those that follow belong to this run. `servers`:
   * how the log names each server of which the model knows the prefix.
   */
  audit: z
    .looseObject({
      log: z.string(),
      lines: z.number().int().min(0),
      servers: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});

const FunctionCall = z.looseObject({ callId: z.string(), name: z.string(), arguments: z.string() });
const ProposedCall = z.looseObject({
  server: z.string(),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
});

const Outcome = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('result'),
    call: ProposedCall,
    result: z.looseObject({
      isError: z.boolean(),
      text: z.string(),
      structured: z.record(z.string(), z.unknown()).optional(),
    }),
    recipient: z.string().optional(),
  }),
  z.looseObject({ kind: z.literal('denied'), call: ProposedCall, reason: z.string() }),
  z.looseObject({ kind: z.literal('invalid'), name: z.string(), reason: z.string() }),
]);

const Approval = z.looseObject({
  type: z.literal('approval'),
  time,
  tool: z.string(),
  because: z.string(),
  recipient: z.string().optional(),
  /** Undefined if the question was interrupted: a no. */
  approved: z.boolean().optional(),
});

const End = z.looseObject({
  type: z.literal('end'),
  time,
  outcome: z.enum(['answered', 'failed', 'interrupted']),
  error: z.looseObject({ message: z.string(), hint: z.string() }).optional(),
});

const KNOWN = [
  Start,
  z.looseObject({ type: z.literal('text'), time, delta: z.string() }),
  z.looseObject({ type: z.literal('call'), time, call: FunctionCall }),
  z.looseObject({ type: z.literal('outcome'), time, call: FunctionCall, outcome: Outcome }),
  z.looseObject({
    type: z.literal('usage'),
    time,
    usage: z.looseObject({
      calls: z.number(),
      inputTokens: z.number(),
      outputTokens: z.number(),
      estimatedCostUsd: z.number().min(0).optional(),
    }),
  }),
  z.looseObject({ type: z.literal('retry'), time, reason: z.string(), inMs: z.number() }),
  z.looseObject({ type: z.literal('answer'), time, text: z.string() }),
  z.looseObject({ type: z.literal('note'), time, text: z.string(), plays: z.boolean().optional() }),
  Approval,
  /** The file has reached its size limit. Only the end follows. */
  z.looseObject({ type: z.literal('cut'), time }),
  End,
] as const;

const KNOWN_TYPES = new Set(KNOWN.map((event): string => event.shape.type.value));

/** Events of later versions are kept as they are. */
const Unknown = z.looseObject({ type: z.string().refine((type) => !KNOWN_TYPES.has(type)), time });

const Known = z.discriminatedUnion('type', KNOWN);
export type KnownEvent = z.output<typeof Known>;
export type UnknownEvent = z.output<typeof Unknown>;
export type RunStart = z.output<typeof Start>;
export type RunEnd = z.output<typeof End>;

export const parseEvent = (value: unknown): KnownEvent | UnknownEvent | undefined =>
  Known.safeParse(value).data ?? Unknown.safeParse(value).data;

export const isKnown = (event: KnownEvent | UnknownEvent): event is KnownEvent => KNOWN_TYPES.has(event.type);

/** A message to the user that is no event of the loop. */
export interface Note {
  readonly type: 'note';
  readonly text: string;
  /** What follows is played, not done by the model or a server of itself. */
  readonly plays?: boolean;
}
