import { joined, ours, type Shown, shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../html.ts';
import { addressOf, type Counts, isOpen, type Server, type Story, whereItRan } from './story.ts';

const MAX_LISTED = 100;

/** What the drawing shows, as a list. */
export const inWords = ({ servers }: Story): Html[] => servers.map(serverInWords);

function serverInWords(server: Server): Html {
  const { name, ended, calls, own, hosts, granted, refused } = server;
  return html`<li><b><bdi>${shown(name, 60)}</bdi></b>, ${shown(whereItRan(server), 60)}${
    isOpen(server) && ours`: it could reach any host`
  }${ended !== undefined && ours`. It ENDED before the run did: ${shown(ended, 120)}`}. Tool calls: ${tally(calls)}${
    own > 0 && ours`, and ${own} by SpendWise itself`
  }. Granted: ${granted.length === 0 ? ours`nothing` : listed(granted)}${
    refused.length > 0 && ours`. Refused: ${listed(refused)}`
  }.<ul>${hosts
    .slice(0, MAX_LISTED)
    .map(
      (host) =>
        html`<li><bdi>${shown(addressOf(host), 120)}</bdi>: ${tally(host.counts)} (${shown(host.because, 200)})</li>`,
    )}</ul></li>`;
}

const listed = (all: readonly string[]): Shown =>
  joined(
    all.map((one) => shown(one, 120)),
    '; ',
  );

const tally = ({ passed, stopped, failed, unknown }: Counts): Shown =>
  joined(
    [
      ...(passed > 0 || stopped + failed + unknown === 0 ? [ours`${passed} passed`] : []),
      ...(stopped > 0 ? [ours`${stopped} STOPPED`] : []),
      ...(failed > 0 ? [ours`${failed} failed`] : []),
      ...(unknown > 0 ? [ours`${unknown} not known`] : []),
    ],
    ', ',
  );
