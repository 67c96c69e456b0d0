import { Ajv, type ValidateFunction } from 'ajv';
import description from './twilio-openapi.json' with { type: 'json' };

export type Operation = 'CreateMessage' | 'ListMessage' | 'FetchMessage';

/** RFC 2822, as Twilio writes it; always GMT. */
const RFC_2822 = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$/;

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  formats: {
    'phone-number': /^(\+[1-9]\d{1,14}|[A-Za-z0-9 ]{1,11})$/,
    'date-time-rfc-2822': RFC_2822,
    currency: /^[A-Za-z]{3}$/,
    // Called so there, and relative in every example.
    uri: /^\/\S+$/,
    'uri-map': true,
    'date-time': true,
    int64: true,
  },
});
// Twilio's description requires nothing and allows everything; an answer that is checked has every field and no other.
const schemas = JSON.parse(JSON.stringify(description.components.schemas), exact);
ajv.addSchema({ $id: 'twilio', components: { schemas } });

/** What is wrong with an answer to an operation, by Twilio's own description; nothing if it could be Twilio's. */
export function problemsOf(operation: Operation, status: number, body: unknown): string[] {
  const validate = validators.get(`${operation} ${status}`);
  if (validate === undefined) return [`${operation} has no answer ${status}`];
  return validate(body) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

/** Which operation a request is, or undefined. */
export function operationOf(method: string, path: string): Operation | undefined {
  const paths = Object.entries(description.paths) as [string, Record<string, { operationId: string }>][];
  for (const [template, methods] of paths) {
    const pattern = new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    if (pattern.test(path)) return methods[method.toLowerCase()]?.operationId as Operation | undefined;
  }
  return undefined;
}

interface Described {
  readonly operationId: string;
  readonly responses: Record<string, { readonly content: Record<string, { readonly schema: object }> }>;
}
const validators = new Map<string, ValidateFunction>();
for (const methods of Object.values(description.paths) as Record<string, Described>[]) {
  for (const { operationId, responses } of Object.values(methods)) {
    for (const [status, { content }] of Object.entries(responses)) {
      const schema = JSON.parse(JSON.stringify(content['application/json']?.schema), exact);
      validators.set(`${operationId} ${status}`, ajv.compile(inTwilio(schema)));
    }
  }
}

function exact(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('properties' in value)) return value;
  return { ...value, required: Object.keys(value.properties as object), additionalProperties: false };
}

/** References point into the description. */
function inTwilio(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"twilio#/components'));
}
