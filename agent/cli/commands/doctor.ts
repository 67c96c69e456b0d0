import { accessSync, constants } from 'node:fs';
import { requireBubblewrap } from '@spendwise/sandbox/bubblewrap';
import { dockerCommand, reap } from '@spendwise/sandbox/docker';
import { EXIT, NotConfigured, SpendwiseError } from '@spendwise/sandbox/errors';
import { openStateFolder } from '@spendwise/sandbox/foundation';
import { jsonLine } from '@spendwise/sandbox/json-line';
import { reapFolders } from '@spendwise/sandbox/run-folders';
import { err, out } from '@spendwise/sandbox/screen';
import { counted, ours, shown } from '@spendwise/sandbox/shown';
import { themeFor } from '@spendwise/sandbox/theme';
import { working } from '@spendwise/sandbox/working';
import { type Environment, loadEnvironment, stateDir, variable } from '../../settings/environment.ts';

const NOT_SET = 'not set';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string;
}

/** `spendwise doctor`: shows what this machine has, and removes what killed runs left behind. */
export async function doctor({ json }: { json: boolean }): Promise<void> {
  const environment = loadEnvironment();
  const findings = [
    { what: 'Node', ok: true, detail: process.versions.node },
    await stateFolder(environment),
    await finding('Docker', async () => {
      const version = await dockerCommand(['version', '--format', '{{.Server.Version}}'], {
        timeoutMs: 10_000,
      });
      return `engine ${version.trim()}: servers run in containers`;
    }),
    await finding(
      'bubblewrap',
      async () => `${await requireBubblewrap()}, used where there is no Docker engine`,
    ),
    await finding('npm', async () => (await import('@spendwise/sandbox/program')).requireNpm()),
    await finding('pip', async () => {
      const { version } = await (await import('@spendwise/sandbox/program')).requirePip();
      return `${version}, used for published Python packages`;
    }),
    ...[
      'OPENAI_API_KEY',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_PHONE_NUMBER',
      'NOTIFICATION_PHONE',
    ].map(
      // Shows that a variable is set, never its value.
      (name) => ({ what: name, ok: true, detail: variable(environment, name) ? 'set' : NOT_SET }),
    ),
    await leftBehind(),
  ];
  const theme = themeFor(process.stdout);
  const lines = findings.map(({ what, ok, detail, hint }) => {
    const good = detail === NOT_SET ? theme.dim(ours`-`) : theme.green(theme.unicode ? ours`✓` : ours`ok`);
    const mark = ok ? good : theme.yellow(ours`!`);
    const line = ours`${shown(what)}: ${shown(detail)}${hint === undefined ? ours`` : theme.dim(ours` (${shown(hint)})`)}`;
    if (theme.plain) return ok ? line : ours`problem with ${line}`;
    return ours`${mark} ${line}`;
  });
  out.line(...(json ? [jsonLine({ findings })] : lines));
  const isolated = findings.some(({ what, ok }) => ok && (what === 'Docker' || what === 'bubblewrap'));
  if (!isolated) err.line(ours`no sandbox is available here: servers would run as plain processes`);
  if (!isolated || findings.some(({ what, ok }) => what === 'state folder' && !ok))
    process.exitCode = EXIT.failed;
}

/** Turns an error that the user can fix into a finding. */
async function finding(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, detail: await working(ours`looking for ${shown(what)}`, look()) };
  } catch (error) {
    if (!(error instanceof SpendwiseError)) throw error;
    return { what, ok: false, detail: error.message, hint: error.hint };
  }
}

function stateFolder(environment: Environment): Promise<Finding> {
  return finding('state folder', async () => {
    const folder = openStateFolder(stateDir(environment));
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      throw new NotConfigured(
        `${folder} cannot be written`,
        'set SPENDWISE_STATE_DIR to a folder you can write',
        error,
      );
    }
    return folder;
  });
}

async function leftBehind(): Promise<Finding> {
  // Folders are counted even if no engine answers.
  const folders = reapFolders();
  const reaping = reap().catch(() => ({ containers: 0 }));
  const { containers } = await working(ours`removing what killed runs left behind`, reaping);
  const detail =
    folders + containers === 0
      ? 'nothing'
      : `removed ${counted(containers, 'container')} and ${counted(folders, 'temporary folder')}`;
  return { what: 'left behind by runs that were killed', ok: true, detail };
}
