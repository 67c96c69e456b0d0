// The launchers of a broken copy import this first. A copy that lacks a guard must not meet a real account, nor use what
// the reader has granted to the clone.
import { existsSync } from 'node:fs';

// A copy runs once or twice: to write what was compiled takes longer than it saves.
process.env.NODE_DISABLE_COMPILE_CACHE = '1';

const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:\d+)?(\/|$)/;
/** Secrets, and the variable that leads them to a stand-in. */
const ACCOUNTS = {
  OPENAI_API_KEY: 'OPENAI_BASE_URL',
  TWILIO_AUTH_TOKEN: 'TWILIO_API_BASE_URL',
  TWILIO_API_SECRET: 'TWILIO_API_BASE_URL',
};

const isElsewhere = (address) => Boolean(address) && !LOOPBACK.test(address);
const live = Object.keys(ACCOUNTS).find(
  (name) => process.env[name] && !LOOPBACK.test(process.env[ACCOUNTS[name]] ?? ''),
);
const elsewhere = Object.values(ACCOUNTS).find((name) => isElsewhere(process.env[name]));
// Servers have no state folder; they import this too.
const usesGrants =
  /spendwise(-sandbox)?\.js$/.test(process.argv[1] ?? '') && !process.env.SPENDWISE_STATE_DIR;
const found = existsSync('.env')
  ? 'a .env in this folder'
  : (live ?? elsewhere ?? (usesGrants ? 'your grants' : undefined));
// Some of the drill's attacks would leave this machine where the guard against them is missing.
const drills = process.argv.includes('verify') && !process.argv.includes('audit');
if (found !== undefined || drills) {
  process.stderr.write(
    `error: this copy of SpendWise is broken on purpose, and does not run with ${found ?? 'attacks of the drill'}\n` +
      `hint: ${drills ? 'run the drill in the clone' : 'run it in another folder, without your keys, with SPENDWISE_STATE_DIR set to a new one'}\n`,
  );
  process.exit(4);
}
