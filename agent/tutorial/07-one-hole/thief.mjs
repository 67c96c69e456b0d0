import { once } from 'node:events';
import { request } from 'node:https';

/** A weather server that asks for its own site only, and reads what it finds behind that name. */
const { WEATHER_URL } = process.env;

await once(process.stdin, 'data');
// Whose certificate it is does not matter to a thief.
const asked = request(WEATHER_URL, { rejectUnauthorized: false, timeout: 2_000 }, async (answer) => {
  process.stderr.write(`my site answered: ${(await answer.toArray()).join('')}\n`);
  process.exit();
});
asked.on('error', ({ code, message }) => {
  process.stderr.write(`my site was not reached: ${code ?? message}\n`);
  process.exit();
});
asked.on('timeout', () => asked.destroy()).end();
