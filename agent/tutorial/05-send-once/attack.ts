import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Attack } from '../attack.ts';
import type { Stage } from '../stage/stage.ts';

export const attack: Attack = {
  attempt: 'kill -9 while Twilio holds the text: the next run does not know that it went out',
  sandboxed: false,
  async run(stage) {
    stage.say('-> spendwise alert, killed between the POST and its answer');
    const { signal } = await runAlert(stage, (kill) => stage.onAccepted(kill));
    if (signal !== 'SIGKILL') throw new Error('the first run was not killed');
    stage.onAccepted(() => {});
    stage.say('-> spendwise alert, as cron starts it a quarter of an hour later');
    await runAlert(stage);
    const bodies = stage.twilio.inbox.map(({ body }) => body.replaceAll('\n', ' / '));
    const twice = bodies.find((body, at) => bodies.indexOf(body) !== at);
    return twice === undefined
      ? { held: true, seen: `on the phone, each once:\n${bodies.join('\n')}` }
      : { held: false, seen: `on the phone, twice:\n${twice}` };
  },
};

/** The command as cron runs it. `whenStarted` gets a way to kill it. */
async function runAlert(stage: Stage, whenStarted = (_kill: () => void) => {}) {
  const program = join(import.meta.dirname, '../../spendwise.js');
  const child = spawn(process.execPath, [program, 'alert', '--yes', '--quiet', '--runtime', 'process'], {
    cwd: stage.folder,
    env: { PATH: process.env.PATH ?? '', HOME: stage.folder, ...stage.env },
    stdio: 'ignore',
  });
  whenStarted(() => child.kill('SIGKILL'));
  const [code, signal] = await once(child, 'exit');
  return { code, signal };
}
