import type { ServerResponse } from 'node:http';

/** A browser opens at most six to one host. */
export const MAX_STREAMS = 20;
/** A reader that stops reading must not fill our memory. */
const MAX_WAITING_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** Open pages that are told what changes (server-sent events). No timer runs while there is none. */
export class Streams {
  readonly #open = new Set<ServerResponse>();
  readonly #everyMs: number;
  readonly #look: () => void;
  #timers: NodeJS.Timeout[] = [];

  /** `look` is called every `everyMs` while a page is open. */
  constructor(everyMs: number, look: () => void) {
    this.#everyMs = everyMs;
    this.#look = look;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Begins a stream. False when there are too many: then nothing was answered. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#open.size >= MAX_STREAMS) return false;
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.on('error', () => {});
    response.on('close', () => this.#remove(response));
    this.#open.add(response);
    if (this.#timers.length === 0) {
      const beat = () => this.#write(':\n\n');
      this.#timers = [setInterval(this.#look, this.#everyMs), setInterval(beat, HEARTBEAT_MS)];
      for (const timer of this.#timers) timer.unref();
    }
    return true;
  }

  /** To one page, or to all. The value is written as JSON. */
  send(value: unknown, to: Iterable<ServerResponse> = this.#open): void {
    this.#write(`data: ${JSON.stringify(value)}\n\n`, to);
  }

  close(): void {
    for (const response of [...this.#open]) response.destroy();
  }

  #write(event: string, to: Iterable<ServerResponse> = this.#open): void {
    for (const response of to) {
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
      else response.write(event);
    }
  }

  #remove(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }
}
