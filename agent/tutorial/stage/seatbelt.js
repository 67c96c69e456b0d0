// Every program of a broken copy imports this first. A copy that lacks a guard must never meet a real account.
import { existsSync } from 'node:fs';

const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:\d+)?(\/|$)/;
/** Secrets, and the variable that leads them to a stand-in. */
const ACCOUNTS = {
  OPENAI_API_KEY: 'OPENAI_BASE_URL',
  TWILIO_AUTH_TOKEN: 'TWILIO_API_BASE_URL',
  TWILIO_API_SECRET: 'TWILIO_API_BASE_URL',
};

const live = Object.keys(ACCOUNTS).find(
  (name) => process.env[name] && !LOOPBACK.test(process.env[ACCOUNTS[name]] ?? ''),
);
const found = existsSync('.env') ? 'a .env in this folder' : live;
if (found !== undefined) {
  process.stderr.write(
    `error: this copy of SpendWise is broken on purpose, and does not run with ${found}\n` +
      'hint: run it in another folder, without your keys\n',
  );
  process.exit(4);
}
