import { InvalidArgumentError, Option } from 'commander';
import { RUNTIME_CHOICES } from '../plan/runtime-names.ts';

export const jsonOption = () => new Option('--json', 'print one JSON object').default(false);

export const runtimeOption = () =>
  new Option('--runtime <runtime>', 'where the MCP servers run').choices(RUNTIME_CHOICES).default('auto');

export const sandboxOptions = () => [
  new Option('--yes', 'grant what the sandbox manifests ask for (never approves a text)').default(false),
  runtimeOption(),
  new Option('--unsandboxed', 'accept that the process runtime is not a sandbox').default(false),
];

/** Which tools of a server its client gets, by name. */
export type ChosenTools = { readonly only: string[] } | { readonly without: string[] };

const chosen =
  (key: 'only' | 'without') =>
  (text: string, before: ChosenTools | undefined): ChosenTools => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) throw new InvalidArgumentError('Separate names with commas: read,list');
    if (before !== undefined) throw new InvalidArgumentError('Give --tools or --no-tools, once.');
    return { [key]: names } as unknown as ChosenTools;
  };
export const onlyTools = chosen('only');
export const withoutTools = chosen('without');
