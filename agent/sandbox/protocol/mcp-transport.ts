/** Fits `Transport` of SDK v1 and v2, whose message types differ. */
export interface McpTransport {
  start(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: each SDK has its own type
  send(message: any): Promise<void>;
  close(): Promise<void>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  // biome-ignore lint/suspicious/noExplicitAny: each SDK has its own type
  onmessage?: (message: any, extra?: any) => void;
}
