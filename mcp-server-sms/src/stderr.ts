/** stdout belongs to the protocol. */
export function say(line: string): undefined {
  process.stderr.write(`${line}\n`);
}

/**
 * Keeps what Node and libraries print by themselves from telling too much: an error's fields may hold a request. SQLite
 * in Node 22 and 24 is called experimental at every start; all other warnings stay.
 */
export function quietNode(): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    if (!/SQLite/.test(message)) say(`warning: ${name}: ${message}`);
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? ` ${error.code}` : '';
      say(
        `error: a fault inside mcp-server-sms (${error instanceof Error ? error.name : typeof error}${code})`,
      );
      process.exit(1);
    });
  }
}
