import { isWildcard } from '../manifest/host-name.ts';

/** Where the pod's resolver listens; it answers "no such name" to all but the granted ones. */
export const RESOLVER = '127.77.255.53';

export const RESOLV_CONF = `nameserver ${RESOLVER}\n`;

/** `/etc/hosts` of a pod. A wildcard is no line of it: the resolver answers for it. */
export const hostsFile = (addresses: ReadonlyMap<string, string>): string =>
  [
    '127.0.0.1 localhost',
    '::1 localhost',
    ...[...addresses].filter(([name]) => !isWildcard(name)).map(([name, address]) => `${address} ${name}`),
    '',
  ].join('\n');
