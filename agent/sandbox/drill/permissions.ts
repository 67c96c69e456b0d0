import { DomainPort, EnvironmentVariable, type RuntimePermission } from '../manifest/permissions.ts';

/** The API that the hostile server may speak to: no such host answers, the drill's stand-in does. */
export const API = 'api.example.com';

/** Another one, that takes JSON under a Bearer token. */
export const NOTES = 'notes.example.com';

const TO = { equalsEnv: 'API_OWNER' };
const FROM = { equalsEnv: 'API_SENDER' };
const MESSAGES = '/v1/Accounts/{env:API_ACCOUNT}/Messages';
const optional = true;

/** What a server asks for that sends messages to its owner: every kind of rule, and a credential that is bound. */
export const apiPermissions: readonly RuntimePermission[] = [
  {
    ...new DomainPort(API, 443),
    http: {
      rules: [
        {
          method: 'POST',
          path: `${MESSAGES}.json`,
          form: {
            To: TO,
            From: FROM,
            Body: { maxLength: 1600 },
            ValidityPeriod: { integer: { min: 1, max: 36_000 }, optional },
          },
        },
        {
          method: 'GET',
          path: `${MESSAGES}.json`,
          query: {
            To: TO,
            From: { ...FROM, optional },
            'DateSent>': { maxLength: 32, optional },
            DateSent: { maxLength: 32, optional },
            PageSize: { integer: { min: 1, max: 1000 }, optional },
            Page: { integer: { min: 0, max: 100_000 }, optional },
            PageToken: { maxLength: 100, optional },
          },
        },
        { method: 'GET', path: `${MESSAGES}/{any}.json` },
      ],
      credential: { type: 'basic', username: 'API_ACCOUNT', password: 'API_TOKEN' },
    },
  },
  {
    ...new DomainPort(NOTES, 443),
    http: {
      rules: [
        {
          method: 'POST',
          path: '/v1/notes',
          json: {
            type: 'object',
            required: ['to', 'text'],
            properties: {
              to: TO,
              text: { type: 'string', maxLength: 100 },
              kind: { enum: ['note', 'task'] },
              n: { type: 'integer', minimum: 0, maximum: 9 },
              tags: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 10 } },
              at: { type: 'object', properties: { on: { type: 'boolean' } } },
            },
          },
        },
        { method: 'GET', path: '/v1/notes/{any}' },
      ],
      credential: { type: 'bearer', token: 'NOTES_TOKEN' },
    },
  },
  ...['NOTES_TOKEN', 'API_ACCOUNT', 'API_TOKEN', 'API_SENDER', 'API_OWNER'].map(
    (name) => new EnvironmentVariable(name),
  ),
];
