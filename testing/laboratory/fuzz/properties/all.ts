import type { FuzzProperty } from '../fuzz-property.ts';
import { brokerProperties } from './broker.ts';
import { clientHelloProperties } from './client-hello.ts';
import { csvProperties } from './csv.ts';
import { dnsProperties } from './dns.ts';
import { frameProperties } from './frames.ts';
import { httpRuleProperties } from './http-rules.ts';
import { jsonBodyProperties } from './json-bodies.ts';
import { mcpProperties } from './mcp-lines.ts';
import { statementProperties } from './statements.ts';
import { terminatorProperties } from './terminator.ts';
import { toolGateProperties } from './tool-gate.ts';

export const fuzzProperties: readonly FuzzProperty[] = [
  ...frameProperties,
  ...brokerProperties,
  ...clientHelloProperties,
  ...httpRuleProperties,
  ...jsonBodyProperties,
  ...terminatorProperties,
  ...dnsProperties,
  ...mcpProperties,
  ...toolGateProperties,
  ...statementProperties,
  ...csvProperties,
];
