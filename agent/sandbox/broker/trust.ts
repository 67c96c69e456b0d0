import { posix } from 'node:path';
import type { RuntimePermission } from '../manifest/permissions.ts';

/** Where the workload finds the authorities that it is to trust: nothing else is in that folder. */
export const CA_PATH = '/run/spendwise/ca.pem';

/** What programs and TLS libraries read the path of such a file from. No variable is read by all of them. */
const VARIABLES = [
  // OpenSSL and so Python, Ruby and PHP; Go, rustls, .NET, uv.
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'DENO_CERT',
  'PIP_CERT',
  'AWS_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'HTTPLIB2_CA_CERTS',
  'NIX_SSL_CERT_FILE',
] as const;

type Granted = readonly RuntimePermission[];

/** Whether the broker ends the TLS of any connection: then the workload must trust the run's authority. */
export const endsTls = (granted: Granted): boolean =>
  granted.some((p) => p.type === 'domain' && p.http !== undefined);

/** Whether there can be TLS that the broker does not end. */
const passesTls = (granted: Granted): boolean =>
  granted.some((p) => p.type === 'host' || (p.type === 'domain' && p.http === undefined));

/** TLS is slow to load, and most runs end none: not with an import. */
const publicRoots = () => process.getBuiltinModule('node:tls').rootCertificates;

/**
 * PEM of what the workload trusts: the run's authority, and the public ones only where it speaks TLS with others. Those
 * that Node brings along: an authority of the operator's own would tell the workload whose machine this is.
 */
export const trusted = (granted: Granted, authority: string): string =>
  [authority, ...(passesTls(granted) ? publicRoots() : [])].map((pem) => `${pem.trim()}\n`).join('');

/** The variables that make programs read that file, and nothing beside it where nothing beside it is needed. */
export const trustVariables = (granted: Granted): Record<string, string> => ({
  ...Object.fromEntries(VARIABLES.map((name) => [name, CA_PATH])),
  ...(passesTls(granted) ? {} : { SSL_CERT_DIR: posix.dirname(CA_PATH) }),
});
