import { type Attempt, type AttemptClass, inside } from '../attempt.ts';

/** One request that is allowed: whatever the server puts where the credential goes, the broker's own arrives. */
const credential = (
  id: string,
  attempt: string,
  path: string,
  headers: Record<string, string>,
  expected = /^200 /,
): Attempt => ({
  id,
  attempt,
  code: inside(({ notes }, _values, path, headers) => notes(path, { headers }), path, headers),
  expected,
  mayReach: /^GET \/v1\/notes\/(n1|SMreflect)(\.json)?$/,
  ...(expected.source === /^200 /.source && { reaches: { body: /^$/, bearer: true } }),
});

/** Credentials that are no password: the server has a placeholder, and cannot choose or read what is sent. */
export const credentials: AttemptClass = {
  name: 'credentials',
  must: "the API hears the broker's token alone, and the server never does",
  attempts: [
    {
      id: 'environment',
      attempt: 'read the token from the environment',
      code: inside(() => process.env.NOTES_TOKEN),
      expected: /^placeholder-/,
    },
    credential('own', 'send a token of its own', '/v1/notes/n1', { authorization: 'Bearer mine' }),
    credential('basic', 'send a password in its place', '/v1/notes/n1', { authorization: 'Basic bWU6bWU=' }),
    credential('proxy', 'send one for a proxy', '/v1/notes/n1', { 'proxy-authorization': 'Bearer mine' }),
    credential('cookie', 'send a cookie', '/v1/notes/n1', { cookie: 'session=mine' }),
    credential('key', 'send a key in another header', '/v1/notes/n1', { 'x-api-key': 'mine' }),
    credential(
      'reflected',
      'have the API say what it was sent',
      '/v1/notes/SMreflect.json',
      {},
      /^200 (?!.*drill-secret)|^403 .*no rule/,
    ),
    credential(
      'query',
      'send a token in the query',
      '/v1/notes/n1?token=mine',
      {},
      /^403 .*token is not allowed/,
    ),
  ],
};
