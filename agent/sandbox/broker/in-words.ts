const CODES = new Map([
  ['ECONNRESET', 'the connection was reset'],
  ['EPIPE', 'the connection was reset'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'a connection was closed'],
  ['ABORT_ERR', 'there was no answer in time'],
]);

/** An error as text. Messages of OpenSSL and of Node's parser are clear enough as they are. */
export const inWords = (error: unknown): string =>
  error instanceof Error
    ? (CODES.get((error as NodeJS.ErrnoException).code ?? '') ?? error.message)
    : 'unknown';
