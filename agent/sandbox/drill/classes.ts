import type { AttemptClass } from './attempt.ts';
import { addresses } from './attempts/addresses.ts';
import { allowed } from './attempts/allowed.ts';
import { credentials } from './attempts/credentials.ts';
import { datagrams } from './attempts/datagrams.ts';
import { filesystem } from './attempts/filesystem.ts';
import { gateway } from './attempts/gateway.ts';
import { json } from './attempts/json.ts';
import { kernel } from './attempts/kernel.ts';
import { limits } from './attempts/limits.ts';
import { names } from './attempts/names.ts';
import { privileges } from './attempts/privileges.ts';
import { modernProtocol, protocol } from './attempts/protocol.ts';
import { requests } from './attempts/requests.ts';
import { secrets } from './attempts/secrets.ts';
import { sockets } from './attempts/sockets.ts';
import { starts } from './attempts/starts.ts';
import { startup } from './attempts/startup.ts';
import { surroundings } from './attempts/surroundings.ts';
import { tls } from './attempts/tls.ts';
import { tools } from './attempts/tools.ts';
import { wire } from './attempts/wire.ts';

/** In the order of trying: what uses things up comes late, and last whether what is allowed still works. */
export const attemptClasses: readonly AttemptClass[] = [
  startup,
  addresses,
  surroundings,
  names,
  datagrams,
  tls,
  requests,
  json,
  wire,
  secrets,
  credentials,
  filesystem,
  starts,
  sockets,
  privileges,
  kernel,
  gateway,
  protocol,
  modernProtocol,
  tools,
  limits,
  allowed,
];
