import { parseArgs } from 'node:util';

export type Arguments =
  | { readonly run: 'stdio' | 'help' | 'version' }
  | ({ readonly run: 'http' } & Address)
  | { readonly run: 'forget-opt-out'; readonly number: string }
  | { readonly run: 'misused'; readonly problem: string };

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const USAGE = `Usage: mcp-server-sms [--http [--host ADDRESS] [--port NUMBER]]

Speaks MCP on stdin and stdout. With --http it speaks Streamable HTTP at /mcp instead.

  --host ADDRESS  address to listen on (default 127.0.0.1); others need SMS_HTTP_TOKEN
  --port NUMBER   port to listen on (default 0: any free port)
  --forget-opt-out NUMBER  send to a number again after it replied START
  --version, --help

All other settings are environment variables; see the README.
`;

/** Parses the command line. It never holds a secret: those come from the environment. */
export function parseArguments(argv: readonly string[]): Arguments {
  const parsed = parse(argv);
  if ('problem' in parsed) return { run: 'misused', ...parsed };
  const { help, version, http, host, port } = parsed;
  if (help) return { run: 'help' };
  if (version) return { run: 'version' };
  const number = parsed['forget-opt-out'];
  if (number !== undefined) return { run: 'forget-opt-out', number };
  if (!http) {
    return host === undefined && port === undefined
      ? { run: 'stdio' }
      : { run: 'misused', problem: '--host and --port need --http' };
  }
  if (!/^\d{1,5}$/.test(port ?? '0') || Number(port ?? 0) > 65_535)
    return { run: 'misused', problem: '--port must be a number from 0 to 65535' };
  if (host !== undefined && !/^[A-Za-z0-9.:-]+$/.test(host))
    return { run: 'misused', problem: '--host must be an address or a name, such as 127.0.0.1' };
  return { run: 'http', host: host ?? '127.0.0.1', port: Number(port ?? 0) };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        http: { type: 'boolean' },
        host: { type: 'string' },
        port: { type: 'string' },
        'forget-opt-out': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
