import { CA_PATH } from './trust.ts';

/** Alerts by which a client says that it does not accept a certificate (RFC 8446, 6.2). */
const NOT_ACCEPTED = /alert (unknown ca|bad certificate|certificate unknown)$/;
const HOW_TO_TRUST =
  `that is in ${CA_PATH}, which SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE and others name; ` +
  'a program that reads none of them needs a setting of its own';

/** Why there was no handshake, in words for who runs the server. OpenSSL's words: nothing in them is the program's own. */
export function handshakeProblem(error: NodeJS.ErrnoException & { reason?: string }): string {
  const why = error.reason ?? error.code ?? 'unknown';
  if (NOT_ACCEPTED.test(why))
    return `the program broke off the TLS handshake (${why}): it does not trust the run's authority; ${HOW_TO_TRUST}`;
  if (error.code === 'ECONNRESET')
    return `the program left during the TLS handshake: does it trust the run's authority? ${HOW_TO_TRUST}`;
  return `the TLS handshake failed (${why})`;
}

/** Node is one of those that look at a certificate only once the handshake is over. */
export const NO_REQUEST = `the program left after the TLS handshake, without a request: does it trust the run's authority? ${HOW_TO_TRUST}`;
