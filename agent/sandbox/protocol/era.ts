import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';

/**
 * The two eras of MCP. Until 2025-11-25 a client opens with `initialize`. Since 2026-07-28 it opens with
 * `server/discover` or with any other request, and each request carries an envelope: who asks, and in which version.
 */
const ENVELOPE = [
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
] as const;
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
/** On what belongs to a subscription: the id of the `subscriptions/listen` that asked for it. */
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
/** What a result says of itself rather than of the server. */
const OF_THE_RESULT = ['supportedVersions', 'resultType', 'ttlMs', 'cacheScope'];
const UNSUPPORTED_VERSION = -32_022;
const MAX_VERSIONS = 20;

export const LISTEN = 'subscriptions/listen';
/** A client may open with these, and asks nothing else before the answer. */
export const OPENINGS: readonly string[] = ['initialize', 'server/discover'];

export type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The envelope of a request of 2026-07-28, for requests of ours on the same connection; undefined for earlier ones. */
export function envelopeOf(params: Fields | undefined): Fields | undefined {
  const meta = params?._meta;
  if (!isFields(meta) || typeof meta[ENVELOPE[0]] !== 'string') return undefined;
  return Object.fromEntries(ENVELOPE.map((key) => [key, meta[key]]));
}

/** The envelope of a client of ours. */
export const envelope = (clientInfo: Fields, clientCapabilities: Fields): Fields => ({
  [ENVELOPE[0]]: '2026-07-28',
  [ENVELOPE[1]]: clientInfo,
  [ENVELOPE[2]]: clientCapabilities,
});

/** What `initialize` would have answered: both eras introduce a server in the same words, so that one grant serves both. */
export function helloOfDiscovery({ _meta, ...discovered }: Fields): Fields {
  const { [SERVER_INFO]: serverInfo, ...meta } = isFields(_meta) ? _meta : {};
  const said = Object.entries(discovered).filter(([key]) => !OF_THE_RESULT.includes(key));
  return {
    ...Object.fromEntries(said),
    ...(serverInfo !== undefined && { serverInfo }),
    ...(Object.keys(meta).length > 0 && { _meta: meta }),
  };
}

/** An answer to `server/discover` in which only what is compared with the grant can be words. */
export function plainDiscovery({
  supportedVersions,
  resultType,
  ttlMs,
  cacheScope,
  ...said
}: Fields): Fields {
  return {
    ...said,
    ...(Array.isArray(supportedVersions) && { supportedVersions: versionsIn(supportedVersions) }),
    ...cacheHints({ resultType, ttlMs, cacheScope }),
  };
}

/** How long a client may keep a list, as far as it is well-formed: no words reach the client this way. */
export function cacheHints({ resultType, ttlMs, cacheScope }: Fields): Fields {
  return {
    ...(resultType === 'complete' && { resultType }),
    ...(Number.isSafeInteger(ttlMs) && Number(ttlMs) >= 0 && { ttlMs }),
    ...((cacheScope === 'public' || cacheScope === 'private') && { cacheScope }),
  };
}

const isVersion = (version: unknown): boolean =>
  typeof version === 'string' && /^\d{4}-\d\d-\d\d$/.test(version);
const versionsIn = (list: readonly unknown[]): unknown[] => list.slice(0, MAX_VERSIONS).filter(isVersion);

/** Of a refused version, the ones that the server has, for the client to choose again. Nothing of other errors. */
export function versionsOffered({ code, data }: { code: number; data?: unknown }): Fields | undefined {
  if (code !== UNSUPPORTED_VERSION || !isFields(data) || !Array.isArray(data.supported)) return undefined;
  return {
    supported: versionsIn(data.supported),
    ...(isVersion(data.requested) && { requested: data.requested }),
  };
}

/**
 * A message of a subscription, or the end of one, under the client's id instead of the one that the server knows.
 * `clientIdOf` finds it; undefined for a message of a subscription that nobody asked for.
 */
export function subscribed<T extends JSONRPCMessage>(
  message: T,
  clientIdOf: (id: unknown) => RequestId | undefined,
): T | undefined {
  if ('method' in message && message.method === 'notifications/cancelled') {
    const requestId = clientIdOf(message.params?.requestId);
    // A server of the earlier era cancels requests of its own.
    return requestId === undefined ? message : { ...message, params: { ...message.params, requestId } };
  }
  const part = 'method' in message ? 'params' : 'result';
  const fields = (message as Fields)[part] as Fields | undefined;
  const meta = fields?._meta;
  if (!isFields(meta) || meta[SUBSCRIPTION] === undefined) return message;
  const id = clientIdOf(meta[SUBSCRIPTION]);
  if (id === undefined) return undefined;
  return { ...message, [part]: { ...fields, _meta: { ...meta, [SUBSCRIPTION]: id } } };
}
