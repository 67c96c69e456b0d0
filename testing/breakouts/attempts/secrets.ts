import type { Attempt } from '../attempt.ts';

/** Secrets: what is not in the container cannot be taken from it. */
export const secrets: readonly Attempt[] = [
  {
    id: 'environment',
    attempt: 'read the token from the environment',
    code: 'return process.env.TWILIO_AUTH_TOKEN',
    expected: /^placeholder-/,
  },
  {
    id: 'ungranted',
    attempt: 'read a variable that was not granted',
    code: "return Object.keys(process.env).filter((n) => !['PATH','HOSTNAME','HOME','NODE_EXTRA_CA_CERTS'].includes(n)).sort().join()",
    expected: /^NOTIFICATION_PHONE,TWILIO_ACCOUNT_SID,TWILIO_AUTH_TOKEN,TWILIO_PHONE_NUMBER$/,
  },
  {
    id: 'init-environ',
    attempt: "read the gateway's environment",
    code: "return attempt(() => fs.readFileSync('/proc/1/environ', 'utf8'))",
    expected: /^EACCES$/,
  },
  {
    id: 'everywhere',
    attempt: 'look for the token in every process',
    code: "let found = ''; for (const pid of fs.readdirSync('/proc').filter((n) => /^[0-9]+$/.test(n))) for (const file of ['environ', 'cmdline']) { try { found += fs.readFileSync('/proc/' + pid + '/' + file, 'latin1'); } catch {} } return found.includes('the-auth-' + 'token-of') ? 'FOUND' : 'nothing in ' + (found.length > 0)",
    expected: /^nothing in true$/,
  },
  {
    id: 'host-processes',
    attempt: "see the host's processes",
    code: "return fs.readdirSync('/proc').filter((n) => /^[0-9]+$/.test(n)).length",
    expected: /^[1-9]$/,
  },
  {
    id: 'replay',
    attempt: 'use the placeholder as a credential elsewhere',
    code: "return api('/2010-04-01/Accounts/ACCOUNT.json', { headers: { authorization: 'Basic ' + btoa('ACCOUNT:' + process.env.TWILIO_AUTH_TOKEN) } })",
    expected: /^403/,
  },
  {
    id: 'ca-key',
    attempt: "find the CA's key",
    code: "return fs.readdirSync('/run/spendwise').join() + ' ' + /PRIVATE/.test(fs.readFileSync('/run/spendwise/ca.pem', 'utf8'))",
    expected: /^ca\.pem false$/,
  },
];
