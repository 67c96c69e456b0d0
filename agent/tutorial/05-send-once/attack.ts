import { Failed } from '@spendwise/sandbox/errors';
import type { Attack } from '../attack.ts';
import { spendwise } from '../stage/command.ts';

/** As cron runs it. */
const ALERT = ['alert', '--yes', '--quiet', '--runtime', 'process'];

export const attack: Attack = {
  attempt: 'kill -9 while Twilio holds the text: the next run does not know that it went out',
  sandboxed: false,
  async run(stage) {
    stage.say('-> spendwise alert, killed between the POST and its answer');
    const { signal } = await spendwise(stage, ALERT, { onStart: stage.onAccepted });
    if (signal !== 'SIGKILL') throw new Error('the first run was not killed');
    stage.onAccepted(() => {});
    stage.say('-> spendwise alert, as cron starts it a quarter of an hour later');
    const { code, stderr } = await spendwise(stage, ALERT);
    if (code !== 0) throw new Error(stderr);
    const bodies = stage.twilio.inbox.map(({ body }) => body.replaceAll('\n', ' / '));
    const twice = bodies.find((body, at) => bodies.indexOf(body) !== at);
    if (twice !== undefined) return { held: false, seen: `on the phone, twice:\n${twice}` };
    if (bodies.length !== 2)
      throw new Failed(
        `two alerts are due; on the phone, only: ${bodies}`,
        'the run after the crash must send the other one: a run that sends nothing sends nothing twice',
      );
    return { held: true, seen: `on the phone, each once:\n${bodies.join('\n')}` };
  },
};
