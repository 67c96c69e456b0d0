import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failed } from '../errors.ts';

/** What happened at the sandbox's border. No secret, no text of a message, numbers masked. */
export type AuditEvent =
  | { event: 'consent'; server: string; permission: string; verdict: 'granted' | 'refused' }
  | { event: 'start'; server: string; runtime: string; isolated: boolean; manifest: string }
  | { event: 'tool_call'; server: string; tool: string }
  | {
      event: 'egress';
      server: string;
      host: string;
      port: number;
      verdict: 'allowed' | 'denied';
      reason: string;
    }
  | { event: 'stop'; server: string; how: string };

const GENESIS = '0'.repeat(64);

/**
 * Append-only JSON lines, each with the SHA-256 of the one before (`prev`) and its own (`hash`, over the line
 * without it): what is changed, cut or reordered later shows.
 */
export class AuditLog {
  readonly #descriptor: number;
  #previous: string;
  #closed = false;

  /** Opens a file and goes on with its chain. Throws Failed when it cannot be read or written. */
  constructor(file: string) {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      this.#descriptor = openSync(file, 'a', 0o600);
      const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
      this.#previous = last ? String(JSON.parse(last).hash) : GENESIS;
    } catch (error) {
      throw new Failed(`cannot use the audit log ${file}`, 'give another file, or move this one away', error);
    }
  }

  /** Written before the call returns. Nothing after `close`: the descriptor may be another file's by then. */
  append(event: AuditEvent): void {
    if (this.#closed) return;
    const body = { time: new Date().toISOString(), ...event, prev: this.#previous };
    const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    writeSync(this.#descriptor, `${JSON.stringify({ ...body, hash })}\n`);
    this.#previous = hash;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}
