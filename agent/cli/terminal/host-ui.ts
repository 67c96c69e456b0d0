import type { ConsentUI } from '@spendwise/sandbox/consent';
import type { Shown } from '@spendwise/sandbox/shown';
import type { Approve } from '../../tools/door.ts';

/** The user at the terminal. Everything it asks defaults to no. */
export interface HostUI extends ConsentUI {
  readonly approve: Approve;
  /** Reads a line. Undefined at the end of input. Rejects with the reason of the signal. */
  ask(prompt: Shown, signal: AbortSignal): Promise<string | undefined>;
}
