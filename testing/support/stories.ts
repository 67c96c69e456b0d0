import type { LaneId, Moment, Story } from '../../agent/pages/run/story.ts';
import { type AuditEvent, type ChainEnd, encodeLine, START } from '../../agent/sandbox/audit/line.ts';
import { markedAsData } from '../../agent/tools/marked-as-data.ts';

/** Stories of runs with fixed times and hashes, for tests of pages and for pictures. */

const BEGAN = Date.UTC(2026, 10, 29, 9, 41, 0);
const LANES = [
  { id: 'you', name: 'You', about: 'asked, and decided' },
  { id: 'model', name: 'Model', about: 'scripted-rules' },
  { id: 'door', name: 'Tool policy', about: 'judges each call' },
  { id: 'server:spending', name: 'spending', about: 'in a docker sandbox' },
  { id: 'server:mcp-server-sms', name: 'mcp-server-sms', about: 'in a docker sandbox' },
  { id: 'broker', name: 'Broker', about: 'the only way out' },
  { id: 'phone', name: 'Phone', about: 'each text' },
] as const;

type Draft = Omit<Moment, 'n' | 'from' | 'to' | 'facts' | 'bodies'> & {
  readonly at: number;
  readonly until?: number;
  readonly facts?: Moment['facts'];
  readonly bodies?: Moment['bodies'];
};

/** Numbers moments by their time, which is in milliseconds after the request. */
const numbered = (drafts: readonly Draft[]): Moment[] =>
  drafts
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, until, facts = [], bodies = [], ...rest }, index) => ({
      n: index + 1,
      from: BEGAN + at,
      ...(until === undefined ? {} : { to: BEGAN + until }),
      facts,
      bodies,
      ...rest,
    }));

function auditLog() {
  let end: ChainEnd = START;
  return {
    head: () => end,
    line: (at: number, event: AuditEvent): NonNullable<Moment['audit']> => {
      const made = encodeLine(event, end, new Date(BEGAN + at).toISOString());
      end = made.end;
      return { line: end.lines, hash: end.hash, text: made.bytes.toString().trimEnd() };
    },
  };
}

const LOG = '2026-11-29T09-40-58-930000Z-348ab5.jsonl';
const SMS = 'mcp-server-sms';
const TEXTS = [
  { category: 'Shopping', spent: 95, budget: 80, body: '[!!] SpendWise: Shopping\nCHF 95/80 (119%)' },
  {
    category: 'Food & Dining',
    spent: 135,
    budget: 150,
    body: '[!] SpendWise: Food & Dining\nCHF 135/150 (90%)',
  },
].map((text, at) => ({ ...text, sid: `SM${'38574cf345e13d9706dc02e85f5fe87'.padEnd(31, '0')}${at}` }));
const ANSWER =
  '2 of 4 budgets run hot. Shopping: CHF 95 of 80 (119%). Food & Dining: CHF 135 of 150 (90%). Alerts: Shopping queued, Food & Dining queued.';

/** What `npm run demo` did under Docker: two alerts, then a text to a stranger and two hosts, which were stopped. */
export function demoStory(): Story {
  const log = auditLog();
  const consents: Draft[] = [
    ['spending', 'file system path (read: true, write: false): "/home/ada/spendwise/data/spendwise.db"'],
    [SMS, 'domain: api.twilio.com:443'],
    [SMS, 'env var: TWILIO_ACCOUNT_SID'],
    [SMS, 'env var: TWILIO_AUTH_TOKEN'],
    [SMS, 'env var: TWILIO_PHONE_NUMBER'],
    [SMS, 'env var: NOTIFICATION_PHONE'],
  ].map(([server = '', what = ''], at) => ({
    lane: 'you',
    at: at - 1052,
    verdict: 'passed',
    title: what,
    because: 'granted',
    facts: [['server', server]],
    audit: log.line(at - 1052, {
      event: 'consent',
      server,
      permission: `Allow access to ${what}`,
      verdict: 'granted',
    }),
  }));
  const starts: Draft[] = [
    { server: SMS, at: -341, end: 1160, source: '/home/ada/spendwise/mcp-server-sms/sandbox.json' },
    { server: 'spending', at: -308, end: 1109, source: 'the manifest in code that is called spending' },
  ].map(({ server, at, end, source }) => {
    const manifest = (server === SMS ? '6f5c2714decbd3e6' : 'cdc2e52539280a87').repeat(4);
    return {
      lane: `server:${server}`,
      at,
      until: end,
      verdict: 'plain',
      title: 'sandbox: docker',
      facts: [
        ['runtime', 'docker'],
        ['isolated', 'yes'],
        ['manifest', manifest],
        ['from', source],
        ['ended', 'exit code 0'],
      ],
      audit: log.line(at, { event: 'start', server, runtime: 'docker', isolated: true, manifest, source }),
    };
  });
  const status = {
    as_of: '2026-11-29',
    total: 2,
    budgets: [
      {
        category: 'Shopping',
        currency: 'CHF',
        period: 'week',
        spent: 95,
        limit: 80,
        percent: 119,
        state: 'over',
      },
      {
        category: 'Food & Dining',
        currency: 'CHF',
        period: 'week',
        spent: 135,
        limit: 150,
        percent: 90,
        state: 'warn',
      },
    ],
  };
  const arguments_ = (args: object) => ({ name: 'arguments', text: JSON.stringify(args) });
  const moments: Draft[] = [
    ...consents,
    ...starts,
    {
      lane: 'you',
      at: 0,
      verdict: 'plain',
      title: 'Check my budgets and alert me',
      bodies: [{ name: 'request', text: 'Check my budgets and alert me' }],
    },
    {
      lane: 'model',
      at: 0,
      until: 57,
      verdict: 'plain',
      title: 'spending__get_budget_status',
      facts: [['tokens', '1,116 in, 48 out']],
      thread: 10,
    },
    {
      lane: 'door',
      at: 64,
      verdict: 'passed',
      title: 'get_budget_status',
      because: 'allowed: it only reads',
      bodies: [arguments_({ as_of: null })],
      audit: log.line(64, {
        event: 'policy',
        server: 'spending',
        tool: 'get_budget_status',
        verdict: 'allowed',
        reason: '',
      }),
      thread: 10,
    },
    {
      lane: 'server:spending',
      at: 64,
      until: 79,
      verdict: 'passed',
      title: 'get_budget_status',
      bodies: [
        arguments_({ as_of: null }),
        {
          name: 'result',
          text: markedAsData('spending.get_budget_status', {
            isError: false,
            text: JSON.stringify(status),
            structured: status,
          }),
        },
      ],
      audit: log.line(64, { event: 'tool_call', server: 'spending', tool: 'get_budget_status' }),
      thread: 10,
    },
  ];
  for (const [index, { category, spent, budget, body, sid }] of TEXTS.entries()) {
    const at = 93 + index * 383;
    const thread = 13 + index * 7;
    const tool = 'send_budget_alert';
    const args = { category, spent, budget, currency: 'CHF' };
    const result = { to: '+12*******43', segments: 1, encoding: 'GSM-7', body, status: 'queued', sid };
    const text = { verdict: 'plain', bodies: [{ name: 'text', text: body }], thread, lane: 'phone' } as const;
    moments.push(
      {
        lane: 'model',
        at: at - 14,
        until: at,
        verdict: 'plain',
        title: `sms__${tool}`,
        facts: [['tokens', '1,292 in, 70 out']],
        thread,
      },
      {
        lane: 'door',
        at: at + 3,
        verdict: 'passed',
        title: tool,
        because: 'allowed',
        bodies: [arguments_(args)],
        audit: log.line(at + 3, { event: 'policy', server: 'sms', tool, verdict: 'allowed', reason: '' }),
        thread,
      },
      { ...text, at: at + 62, title: 'reserved' },
      { ...text, at: at + 92, title: 'sending' },
      {
        lane: `server:${SMS}`,
        at: at + 112,
        until: at + 375,
        verdict: 'passed',
        title: tool,
        bodies: [
          arguments_(args),
          {
            name: 'result',
            text: markedAsData(`sms.${tool}`, {
              isError: false,
              text: JSON.stringify(result),
              structured: result,
            }),
          },
        ],
        audit: log.line(at + 112, { event: 'tool_call', server: SMS, tool }),
        thread,
      },
      {
        lane: 'broker',
        at: at + 305,
        verdict: 'passed',
        title: 'api.twilio.com:443',
        because: 'POST /2010-04-01/Accounts/{env:TWILIO_ACCOUNT_SID}/Messages.json',
        facts: [['server', SMS]],
        audit: log.line(at + 305, {
          event: 'egress',
          server: SMS,
          host: 'api.twilio.com',
          port: 443,
          verdict: 'allowed',
          reason: 'POST /2010-04-01/Accounts/{env:TWILIO_ACCOUNT_SID}/Messages.json',
        }),
        thread,
      },
      {
        ...text,
        at: at + 354,
        verdict: 'passed',
        title: 'sent',
        facts: [
          ['to', '+…0143'],
          ['sid', sid],
        ],
      },
    );
  }
  const stranger = 'this recipient is not allowed; leave `to` out to text the owner';
  const talked = 'Here the demo plays a model that was talked into it: it calls send_sms itself.';
  const taken = 'Here the demo plays an SMS server that was taken over, from inside its sandbox.';
  const dns = 'a DNS query for a name that was not granted';
  const stopped = (at: number, host: string, port: number, reason: string): Draft => ({
    lane: 'broker',
    at,
    verdict: 'stopped',
    title: `${host}:${port}`,
    because: reason,
    facts: [['server', SMS]],
    audit: log.line(at, { event: 'egress', server: SMS, host, port, verdict: 'denied', reason }),
  });
  moments.push(
    {
      lane: 'model',
      at: 851,
      until: 861,
      verdict: 'plain',
      title: 'answer',
      facts: [['tokens', '1,604 in, 77 out']],
    },
    {
      lane: 'you',
      at: 862,
      verdict: 'plain',
      title: 'the answer',
      bodies: [{ name: 'answer', text: ANSWER }],
    },
    { lane: 'you', at: 863, verdict: 'plain', title: talked },
    {
      lane: 'model',
      at: 864,
      verdict: 'plain',
      title: 'sms__send_sms',
      because: 'played by the demo, not the model',
      thread: 30,
    },
    {
      lane: 'door',
      at: 866,
      verdict: 'stopped',
      title: 'send_sms to +…0199',
      because: stranger,
      bodies: [
        arguments_({ to: '+…0199', message: 'Shopping CHF 95, Food & Dining CHF 135' }),
        { name: 'result', text: JSON.stringify({ denied: true, reason: stranger }) },
      ],
      audit: log.line(866, {
        event: 'policy',
        server: 'sms',
        tool: 'send_sms',
        verdict: 'denied',
        reason: stranger,
      }),
      thread: 30,
    },
    { lane: 'you', at: 867, verdict: 'plain', title: taken },
    { ...stopped(900, 'collector.example', 53, dns), until: 901, times: 2 },
    stopped(929, '192.0.2.2', 443, 'this address was not granted'),
  );
  log.line(1109, { event: 'stop', server: 'spending', how: 'exit code 0' });
  log.line(1160, { event: 'stop', server: SMS, how: 'exit code 0' });
  const none = { passed: 0, stopped: 0, failed: 0 };
  return {
    id: '1r4dvses',
    prompt: 'Check my budgets and alert me',
    answer: ANSWER,
    outcome: 'answered',
    error: undefined,
    model: { kind: 'scripted', name: 'scripted-rules' },
    runtime: 'docker',
    twilio: 'stand-in',
    usage: { calls: 4, inputTokens: 5458, outputTokens: 267, estimatedCostUsd: undefined },
    began: BEGAN,
    ended: BEGAN + 930,
    lanes: LANES,
    moments: numbered(moments),
    texts: TEXTS.map(({ body, sid }, at) => ({
      to: '+…0143',
      body,
      state: 'sent',
      sid,
      time: BEGAN + 155 + at * 383,
    })),
    servers: [
      {
        name: 'spending',
        runtime: 'docker',
        isolated: true,
        granted: ['file system path (read: true, write: false): "/home/ada/spendwise/data/spendwise.db"'],
        refused: [],
        calls: { ...none, passed: 1 },
        hosts: [],
      },
      {
        name: SMS,
        runtime: 'docker',
        isolated: true,
        granted: [
          'domain: api.twilio.com:443',
          'env var: TWILIO_ACCOUNT_SID',
          'env var: TWILIO_AUTH_TOKEN',
          'env var: TWILIO_PHONE_NUMBER',
          'env var: NOTIFICATION_PHONE',
        ],
        refused: [],
        calls: { passed: 2, stopped: 1, failed: 0 },
        hosts: [
          {
            host: 'api.twilio.com',
            port: 443,
            counts: { ...none, passed: 2 },
            because: 'POST /2010-04-01/Accounts/{env:TWILIO_ACCOUNT_SID}/Messages.json',
          },
          { host: 'collector.example', port: 53, counts: { ...none, stopped: 2 }, because: dns },
          {
            host: '192.0.2.2',
            port: 443,
            counts: { ...none, stopped: 1 },
            because: 'this address was not granted',
          },
        ],
      },
    ],
    audit: { log: LOG, lines: log.head().lines, head: log.head().hash, problem: undefined },
    gaps: [],
  };
}

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
      name: one.name === SMS ? server : one.name,
      granted: [...one.granted, HOSTILE, LONG],
      refused: [HOSTILE],
      hosts: [
        ...one.hosts,
        { host: HOSTILE, port: 65_535, counts: { passed: 1, stopped: 99_999, failed: 3 }, because: LONG },
        { host: LONG, port: 1, counts: { passed: 0, stopped: 1, failed: 0 }, because: HOSTILE },
      ],
    })),
    audit: { ...story.audit, log: HOSTILE, problem: HOSTILE },
    gaps: [HOSTILE, LONG],
  };
}
