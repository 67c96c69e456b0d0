import type { Attempt } from '../attempt.ts';

/** Limits: what a server can use up is its own. */
export const limits: readonly Attempt[] = [
  {
    id: 'descriptors',
    attempt: 'open files without end',
    code: "return attempt(() => { const open = []; try { for (let i = 0; i < 5000; i++) open.push(fs.openSync('/dev/null')); } finally { for (const f of open) fs.closeSync(f); } })",
    expected: /^EMFILE$/,
  },
  {
    id: 'processes',
    attempt: 'start processes without end',
    code: "return sh('i=0; while [ $i -lt 400 ]; do sleep 3 & i=$((i+1)); done 2>&1; wait')",
    expected: /fork|Resource temporarily unavailable|exit|EAGAIN/,
  },
  {
    id: 'streams',
    attempt: 'hold a thousand connections',
    code: "const all = []; for (let i = 0; i < 900; i++) { const s = net.connect(443, 'api.twilio.com'); s.on('error', () => {}); all.push(s); } await new Promise((r) => setTimeout(r, 1500)); for (const s of all) s.destroy(); await new Promise((r) => setTimeout(r, 500)); return api('/2010-04-01/Accounts/ACCOUNT.json')",
    expected: /^403/,
  },
  {
    id: 'upload',
    attempt: 'send without end to a door that does not read',
    code: "const s = net.connect(443, 'api.twilio.com'); s.on('error', () => {}); const b = Buffer.alloc(1 << 20); let sent = 0; for (let i = 0; i < 200 && !s.destroyed; i++) { if (!s.write(b)) await Promise.race([new Promise((r) => s.once('drain', r)), new Promise((r) => setTimeout(r, 20))]); sent++; } s.destroy(); return api('/2010-04-01/Accounts/ACCOUNT.json')",
    expected: /^403/,
  },
];
