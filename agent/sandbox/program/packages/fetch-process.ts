import { text } from 'node:stream/consumers';
import { Failed, NotConfigured, SpendwiseError } from '../../foundation/errors.ts';
import { fetchFromNpm } from './fetch.ts';
import { type LogLine, logLine, MAX_FETCH_MS } from './fetch-log.ts';
import { fetchFromIndex } from './python/fetch.ts';
import type { FetchContext, FetchRequest } from './request.ts';
import { Staging } from './staging.ts';

// The program of the process that fetches. It is told on stdin what to fetch, and stdout is its log. The process that
// started it may be gone.

interface Told {
  /** Of the staging folder. */
  readonly path: string;
  readonly folder: string;
  readonly request: FetchRequest;
}

const fetched = (request: FetchRequest, context: FetchContext): Promise<void> =>
  request.kind === 'npm' ? fetchFromNpm(request, context) : fetchFromIndex(request, context);

const stopped = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopped.abort());
const say = (line: LogLine) => process.stdout.write(logLine(line));

const told = await text(process.stdin);
// Nothing: another process fetches it.
if (told !== '') await run(JSON.parse(told));

async function run({ path, folder, request }: Told) {
  const staging = new Staging(path);
  const { place, scratch } = staging;
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(MAX_FETCH_MS)]);
  const notice = (notice: string) => void say({ notice });
  try {
    await fetched(request, { place, scratch, notice, signal });
    staging.keep(folder);
    say({ end: 'fetched' });
    staging.remove();
  } catch (error) {
    if (stopped.signal.aborted) return staging.remove();
    staging.removeFiles();
    const failure = signal.aborted ? tooLate() : error;
    const { message, hint } =
      failure instanceof SpendwiseError
        ? failure
        : new Failed(`it was not fetched: ${failure}`, 'run it again');
    say({ end: 'failed', message, hint, notConfigured: failure instanceof NotConfigured });
  }
}

const tooLate = () =>
  new Failed(
    `it was not fetched within ${MAX_FETCH_MS / 60_000} minutes`,
    'the registry may be slow: run it again',
  );
