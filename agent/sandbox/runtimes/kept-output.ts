import { PassThrough, type Readable } from 'node:stream';

/** What a child process writes, kept until it is read: once a child has ended, Node throws away what nobody reads yet. */
export const keptOutput = (output: Readable): Readable => output.pipe(new PassThrough());
