import { type HttpAccess, secretVariable } from '../manifest/http-rules.ts';

/** What the broker puts into each request, and what must not come back. */
export interface Credential {
  readonly secret: string;
  readonly username?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

export function credentialOf(
  wanted: NonNullable<HttpAccess['credential']>,
  env: Readonly<Record<string, string | undefined>>,
): Credential {
  const secret = env[secretVariable(wanted)] ?? '';
  switch (wanted.type) {
    case 'basic': {
      const username = env[wanted.username] ?? '';
      const token = Buffer.from(`${username}:${secret}`).toString('base64');
      return { secret, username, headers: { authorization: `Basic ${token}` } };
    }
    case 'bearer':
      return { secret, headers: { authorization: `Bearer ${secret}` } };
    case 'header':
      return { secret, headers: { [wanted.name.toLowerCase()]: secret } };
    case 'query':
      return { secret, query: { [wanted.name]: secret } };
  }
}
