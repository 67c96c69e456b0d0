/** Prints to stderr: stdout belongs to the protocol. */
export function say(line: string): undefined {
  process.stderr.write(`${line}\n`);
}

/**
 * Limits what Node prints by itself: fields of an error may hold a request. Hides the warning of Node 22 and 24 that
 * SQLite is experimental.
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
