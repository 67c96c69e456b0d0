import { ours, quoted, type Shown, shown } from './shown.ts';

/** The end of a server's stderr as a hint, in quotes so that it does not look like our advice. Undefined when empty. */
export function itSaid(stderr: string): Shown | undefined {
  const said = shown(stderr.trim().slice(-MOST), MOST);
  return said === '' ? undefined : ours`it said: ${quoted(said)}`;
}

const MOST = 300;
