import type { Moment, Story, Text } from './story.ts';

/** What was stopped, once for each call or connection: a call may have wanted several connections. */
export function stopsOf({ moments }: Story): Moment[] {
  const threads = new Set<number>();
  return moments.filter(({ verdict, lane, thread }) => {
    if (verdict !== 'stopped') return false;
    if (lane === 'broker' || thread === undefined) return true;
    return threads.size < threads.add(thread).size;
  });
}

/** You refused a permission, which nothing had tried to use yet. A call that you refused has a reason. */
export const isRefusal = ({ lane, because }: Moment): boolean => lane === 'you' && because === undefined;

export const countOf = (moments: readonly Moment[]): number =>
  moments.reduce((sum, { times = 1 }) => sum + times, 0);

const OUT: ReadonlySet<string> = new Set(['sent', 'delivered', 'undelivered']);

/** Texts that went out, and those of which nobody knows. */
export const textsOf = ({ texts }: Story): { out: Text[]; unknown: Text[] } => ({
  out: texts.filter(({ state }) => OUT.has(state)),
  unknown: texts.filter(({ state }) => state === 'unknown' || state === 'sending' || state === 'reserved'),
});

/** What was tried: calls that the model proposed, and connections that servers wanted. */
export function attemptsOf({ moments, servers }: Story): { calls: number; connections: number } {
  const counts = servers.flatMap(({ hosts }) => hosts.map((host) => host.counts));
  const calls = new Set(
    moments.flatMap(({ lane, thread }) =>
      (lane === 'door' || lane.startsWith('server:')) && thread !== undefined ? [thread] : [],
    ),
  );
  return {
    calls: calls.size,
    connections: counts.reduce((sum, { passed, stopped, failed }) => sum + passed + stopped + failed, 0),
  };
}
