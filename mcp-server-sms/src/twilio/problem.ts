import { maskPhonesIn } from '../phone.ts';
import type { SendError } from '../result.ts';
import { hintFor } from './errors.ts';
import { RequestFailed } from './transport.ts';

const LOOK_FIRST =
  'it may have gone out: use find_messages before anything else, and never send it again blindly';

export const unknownProblem = (error: Pick<SendError, 'kind' | 'message'>): SendError => ({
  ...error,
  hint: LOOK_FIRST,
  retryable: false,
});

/**
 * Converts an error of Twilio's client. `nothingSent`: a 4xx is not processed, and without a connection nothing leaves;
 * otherwise the text may have been sent. Only safe fields are copied.
 */
export function problemOf(error: unknown): { nothingSent: boolean; problem: SendError } {
  if (error instanceof RequestFailed) {
    if (!error.sentNothing) {
      const kind = error.timedOut ? 'timeout' : 'network';
      return { nothingSent: false, problem: unknownProblem({ kind, message: error.message }) };
    }
    const message = `api.twilio.com cannot be reached (${error.message})`;
    const hint = 'check the network, then try again: nothing was sent';
    return { nothingSent: true, problem: { kind: 'network', message, hint, retryable: true } };
  }
  const status = numberField(error, 'status') ?? 0;
  // 408 may come from a proxy: Twilio may have taken the text.
  if (status < 400 || status >= 500 || status === 408) {
    const message = `Twilio answered ${status || 'something unexpected'}`;
    return { nothingSent: false, problem: unknownProblem({ kind: 'protocol', message }) };
  }
  const code = numberField(error, 'code');
  const message = maskPhonesIn(error instanceof Error ? error.message : `HTTP ${status}`).slice(0, 300);
  return {
    nothingSent: true,
    problem: {
      kind: 'api',
      ...(code === undefined ? {} : { code }),
      message,
      hint: hintFor(code, status),
      retryable: status === 429,
    },
  };
}

function numberField(error: unknown, name: string): number | undefined {
  const value = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
