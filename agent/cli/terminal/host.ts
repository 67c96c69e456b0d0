import { openHost as openTerminal, type Host as TerminalHost } from '@spendwise/sandbox/host';
import { ours, quoted, shown } from '@spendwise/sandbox/shown';
import type { TerminalUI } from '@spendwise/sandbox/terminal-ui';
import type { Theme } from '@spendwise/sandbox/theme';
import type { Approve } from '../../tools/door.ts';

/** The user at the terminal, who also approves texts. */
export interface HostUI extends TerminalUI {
  readonly approve: Approve;
}

export type Host = TerminalHost<HostUI>;

export function openHost(signal: AbortSignal): Host {
  const terminal = openTerminal(signal);
  const { ui, err } = terminal;
  return { ...terminal, ui: ui && { ...ui, approve: approveOn(ui, err) } };
}

export const withApprovals = (host: Host, heard: (approve: Approve) => Approve): Host =>
  host.ui === undefined ? host : { ...host, ui: { ...host.ui, approve: heard(host.ui.approve) } };

export const approveOn =
  (ui: TerminalUI, theme: Theme): Approve =>
  ({ because, recipient, tool, args }, signal) => {
    const whom = shown(recipient ?? 'nobody');
    const lines = [
      ours`${theme.yellow(shown(because))}: ${shown(tool)} to ${whom}`,
      ...Object.entries(args)
        .filter(([name]) => name !== 'to')
        .map(([name, value]) => ours`  ${shown(name, 80)}: ${quoted(String(value))}`),
    ];
    // Repeated, because a long text may have pushed it off the screen.
    return ui.confirm(lines, ours`Send exactly this to ${whom}?`, signal);
  };
