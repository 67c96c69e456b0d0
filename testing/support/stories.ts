import { storyOf as storyOfParts } from '../../agent/pages/run/reading/story-of.ts';
import { type LaneId, type Moment, NO_COUNTS, type Story } from '../../agent/pages/run/story.ts';
import {
  calls,
  consent,
  egress,
  note,
  policy,
  refused,
  request,
  result,
  row,
  SMS,
  started,
  stopped,
  toolCall,
  used,
} from './run-events.ts';
import { BEGAN, type Logged, logOf, type Recorded, recordOf } from './run-parts.ts';

/** Stories of runs with fixed times and hashes, for tests of pages and for pictures. */

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

/** A text to a stranger, and connections that were not granted: played by the demo, after the answer. */
function played(): Recorded[] {
  const text = { args: { to: '+…0199', message: 'Shopping CHF 95, Food & Dining CHF 135' } };
  return [
    note(586, 'Here the demo plays a model that was talked into it: it calls send_sms itself.', true),
    calls(587, text),
    refused(590, STRANGER, text),
    note(591, 'Here the demo plays an SMS server that was taken over, from inside its sandbox.', true),
    note(
      770,
      "fetch('https://collector.example/') was BLOCKED: ENOTFOUND; on record: collector.example:53, a DNS query for a name that was not granted",
    ),
    note(
      932,
      "fetch('https://192.0.2.2/') was BLOCKED: ERR_SSL_TLSV1_ALERT_ACCESS_DENIED; on record: 192.0.2.2:443, this address was not granted",
    ),
  ];
}

const POST = 'POST /2010-04-01/Accounts/{env:TWILIO_ACCOUNT_SID}/Messages.json';
const DNS = 'a DNS query for a name that was not granted';

const STATUS_CALL = { server: 'spending', tool: 'get_budget_status', args: { as_of: null } };

const LOG: readonly Logged[] = [
  [
    -1052,
    consent(
      'spending',
      'file system path (read: true, write: false): "/home/ada/spendwise/data/spendwise.db"',
    ),
  ],
  [-1051, consent(SMS, 'domain: api.twilio.com:443')],
  [-1050, consent(SMS, 'env var: TWILIO_ACCOUNT_SID')],
  [-1049, consent(SMS, 'env var: TWILIO_AUTH_TOKEN')],
  [-1048, consent(SMS, 'env var: TWILIO_PHONE_NUMBER')],
  [-1047, consent(SMS, 'env var: NOTIFICATION_PHONE')],
  [-341, started(SMS, '6f5c2714decbd3e6'.repeat(4), '/home/ada/spendwise/mcp-server-sms/sandbox.json')],
  [-308, started('spending', 'cdc2e52539280a87'.repeat(4), 'the manifest in code that is called spending')],
  [64, policy('allowed', '', STATUS_CALL)],
  [64, toolCall({ server: 'spending', tool: 'get_budget_status' })],
  ...TEXTS.flatMap(({ at }): Logged[] => [
    [at + 3, policy('allowed', '', { tool: 'send_budget_alert' })],
    [at + 40, toolCall({ tool: 'send_budget_alert' })],
    [at + 60, egress('api.twilio.com', 'allowed', 443, POST)],
  ]),
  [588, policy('denied', STRANGER)],
  [767, egress('collector.example', 'denied', 53, DNS)],
  [768, egress('collector.example', 'denied', 53, DNS)],
  [929, egress('192.0.2.2', 'denied', 443, 'this address was not granted')],
  [1109, stopped('exit code 0', 'spending')],
  [1160, stopped()],
];

const RECORD: readonly Recorded[] = [
  request(PROMPT),
  used(57, { inputTokens: 1_116, outputTokens: 48 }),
  calls(60, STATUS_CALL),
  result(79, STATUS, STATUS_CALL),
  ...TEXTS.flatMap(({ at, category, spent, budget, body, sid }, index): Recorded[] => {
    const alert = { tool: 'send_budget_alert', args: { category, spent, budget, currency: 'CHF' } };
    const sent = { to: '+12*******43', segments: 1, encoding: 'GSM-7', body, status: 'queued', sid };
    return [
      used(at, { calls: index + 2, inputTokens: 2_408 + 1_446 * index, outputTokens: 118 + 72 * index }),
      calls(at, alert),
      result(at + 375 - 286 * index, sent, alert),
    ];
  }),
  used(575, { calls: 4, inputTokens: 5_458, outputTokens: 267 }),
  [576, { type: 'answer', text: ANSWER }],
  ...played(),
  [933, { type: 'end', outcome: 'answered' }],
];

/** What `npm run demo` did under Docker: two alerts, then a text to a stranger and two hosts, which were stopped. */
export const demoStory = (): Story =>
  storyOfParts({
    run: recordOf(RECORD),
    log: logOf(LOG, { from: 8 }),
    rows: TEXTS.map(({ at, body, sid }, id) =>
      row({
        ...{ id, tool: 'send_budget_alert', body, sid },
        reservedAt: new Date(BEGAN + at + 14),
        sendingAt: new Date(BEGAN + at + 36),
        settledAt: new Date(BEGAN + at + 72),
      }),
    ),
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
        {
          host: HOSTILE,
          port: 65_535,
          counts: { ...NO_COUNTS, passed: 1, stopped: 99_999, failed: 3 },
          because: LONG,
        },
        { host: LONG, port: 1, counts: { ...NO_COUNTS, stopped: 1 }, because: HOSTILE },
      ],
    })),
    audit: story.audit && { ...story.audit, log: HOSTILE, problem: HOSTILE },
    gaps: [HOSTILE, LONG],
  };
}
