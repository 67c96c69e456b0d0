import { counted, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../html.ts';
import { attemptsOf, textsOf } from './outcome.ts';
import {
  addressOf,
  type Counts,
  type Host,
  isOpen,
  NO_COUNTS,
  type Server,
  type Story,
  whereItRan,
} from './story.ts';
import { node, WIDTH, wall, way } from './topology-parts.ts';
import { TWILIO_HOST, twilioOf } from './twilio.ts';

export interface Topology {
  readonly drawing: Html;
  readonly width: number;
  readonly height: number;
}

const ROW = 84;
const TOP = 24;
/** Hosts of one server that are drawn: some that were reached, then those that were stopped. */
const MAX_HOSTS = 12;

/** Who spoke with whom in this run, what passed on each way, and where it was stopped. */
export function topology(story: Story): Topology {
  const { servers, model } = story;
  const bands = bandsOf(servers);
  const rows = Math.max(1, bands.at(-1)?.end ?? 1);
  const y = TOP + (rows * ROW) / 2;
  const calls = { ...NO_COUNTS, passed: attemptsOf(story).calls };
  const drawing = html`${way(['you', y], ['model', y], ONE)}
${way(['model', y], ['door', y], calls, ours`calls`)}
${bands.map((band) => drawServer(band, y, story))}${phone(story, bands)}
${node({ column: 'you', y, name: ours`You`, under: ours`asked` })}
${node({ column: 'model', y, name: ours`Model`, under: shown(model.name, 18) })}
${node({ column: 'door', y, name: ours`Tool policy`, under: ours`judges each call` })}`;
  return { drawing, width: WIDTH, height: TOP + rows * ROW + 16 };
}

const ONE: Counts = { ...NO_COUNTS, passed: 1 };

interface Band {
  readonly server: Server;
  readonly hosts: readonly Host[];
  /** Rows, from and to. */
  readonly from: number;
  readonly end: number;
}

function bandsOf(servers: readonly Server[]): Band[] {
  let from = 0;
  return servers.map((server) => {
    const reached = server.hosts.filter(({ counts }) => counts.passed > 0).slice(0, MAX_HOSTS / 2);
    const stopped = server.hosts.filter(({ counts }) => counts.stopped > 0);
    const first = new Set([...new Set([...reached, ...stopped, ...server.hosts])].slice(0, MAX_HOSTS));
    const hosts = server.hosts.filter((host) => first.has(host));
    const band = { server, hosts, from, end: from + Math.max(1.3, hosts.length) };
    from = band.end;
    return band;
  });
}

const bandY = ({ from, end }: Band): number => TOP + ((from + end) / 2) * ROW;
const hostY = ({ from }: Band, at: number): number => TOP + (from + at + 0.5) * ROW;

function drawServer(band: Band, doorY: number, story: Story): Html {
  const { server, hosts } = band;
  const y = bandY(band);
  const [name, title] = [shown(server.name, 15), shown(server.name, 200)];
  const [kind, caption, under] =
    server.ended === undefined
      ? [ours`server`, shown(whereItRan(server), 24), asked(server)]
      : [ours`server ended`, ours`ENDED: ${shown(server.ended, 17)}`, shown(whereItRan(server), 20)];
  return html`<g>${way(['door', doorY], ['server', y], server.calls, ours`calls`)}
<g class="${kind}">${wall(y, caption, server)}${node({ column: 'server', y, name, under, title })}</g>
${hosts.length > 0 && throughBroker(band, story)}${isOpen(server) && pastBroker(y)}${leftOut(band)}</g>`;
}

/** The ways to hosts from below: no line crosses the count of the one above it. */
function throughBroker(band: Band, story: Story): Html {
  const [y, { hosts }] = [bandY(band), band];
  const ways = hosts.map(({ counts }, at) =>
    way(['broker', y], ['host', hostY(band, at)], counts, ours`passed`),
  );
  return html`${way(['server', y], ['broker', y], ONE)}${ways.toReversed()}
${node({ column: 'broker', y, name: ours`Broker`, under: ours`the only way out` })}${hosts.map((host, at) => drawHost(host, hostY(band, at), story))}`;
}

const pastBroker = (y: number): Html =>
  html`${way(['server', y], ['host', y], NO_COUNTS)}${node({ column: 'host', y, name: ours`any host`, under: ours`nobody watched` })}`;

function leftOut({ server, hosts, end }: Band): Html | false {
  const more = server.hosts.filter((host) => !hosts.includes(host));
  const stopped = more.reduce((sum, { counts }) => sum + counts.stopped, 0);
  return (
    more.length > 0 &&
    html`<text x="909" y="${TOP + end * ROW + 8}" class="note">and ${more.length} more in the words below${stopped > 0 && ours`: ${stopped} STOPPED`}</text>`
  );
}

const asked = ({ own }: Server): Shown =>
  own === 0 ? ours`MCP server` : ours`${counted(own, 'call')} by SpendWise`;

function drawHost({ host, port, counts, because }: Host, y: number, story: Story): Html {
  const never = counts.passed + counts.failed === 0;
  const what = never ? ours` not reached` : host === TWILIO_HOST ? twilioOf(story).host : ours``;
  const under = ours`${port === undefined ? ours`` : ours`:${port}`}${what}`;
  const title = shown(`${addressOf({ host, port })}: ${because}`, 300);
  return node({ column: 'host', y, name: shown(host, 20), under, never, title });
}

/** Behind the host that the texts went to, or may have gone to. */
function phone(story: Story, bands: readonly Band[]): Html | undefined {
  const { out, unknown } = textsOf(story);
  const [text] = [...out, ...unknown];
  const sender = senderOf(story);
  const band = bands.find(({ server }) => server.name === sender);
  if (text === undefined || band === undefined) return undefined;
  const at = band.hosts.findIndex(({ counts }) => counts.passed + counts.failed > 0);
  if (at < 0 && !isOpen(band.server)) return undefined;
  const y = at < 0 ? bandY(band) : hostY(band, at);
  const counts = { ...NO_COUNTS, passed: out.length, unknown: unknown.length };
  return html`${way(['host', y], ['phone', y], counts, ours`texts`)}
${node({ column: 'phone', y, name: twilioOf(story).phone, under: shown(text.to, 16) })}`;
}

/** The server of a call that became a text. Without one on the page: the first that reached a host. */
function senderOf({ moments, servers }: Story): string | undefined {
  const texts = new Set(moments.flatMap(({ lane, thread = 0 }) => (lane === 'phone' ? [thread] : [])));
  const call = moments.find(({ lane, thread = -1 }) => lane.startsWith('server:') && texts.has(thread));
  return (
    call?.lane.slice('server:'.length) ??
    servers.find(({ hosts }) => hosts.some(({ counts }) => counts.passed > 0))?.name
  );
}
