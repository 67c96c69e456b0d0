import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { wholeNumberArgument } from '../../agent/cli/options.ts';
import { runProgram } from '../../agent/sandbox/cli/run-program.ts';
import { interruptSignal } from '../../agent/sandbox/terminal/interrupt.ts';
import { stateDir } from '../../agent/settings/environment.ts';
import { startModelStandIn } from './model.ts';
import { startTwilioStandIn } from './twilio.ts';

/** `npm run stand-ins`: both stand-ins until Ctrl-C, and the variables that make SpendWise use them. */
async function main({ modelPort, twilioPort }: { modelPort: number; twilioPort: number }): Promise<void> {
  const account = {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
  };
  const twilio = await startTwilioStandIn(account, { port: twilioPort });
  try {
    twilio.watch(stateDir(process.env));
    const model = await startModelStandIn({ port: modelPort });
    const variables = {
      OPENAI_BASE_URL: model.url.href,
      OPENAI_MODEL: 'scripted-rules',
      TWILIO_ACCOUNT_SID: account.accountSid,
      TWILIO_AUTH_TOKEN: account.authToken,
      TWILIO_PHONE_NUMBER: '+15005550006',
      NOTIFICATION_PHONE: '+12025550143',
      TWILIO_API_BASE_URL: twilio.url.origin,
    };
    for (const [name, value] of Object.entries(variables)) process.stdout.write(`export ${name}=${value}\n`);
    process.stderr.write(`\nInbox: ${twilio.url}\nCtrl-C ends both.\n`);
    const signal = interruptSignal();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await model.close();
  } finally {
    await twilio.close();
  }
}

function portArgument(text: string): number {
  const port = wholeNumberArgument(text);
  if (port < 0 || port > 65535) throw new InvalidArgumentError('Use a port, 0 to 65535.');
  return port;
}

const program = new Command('npm run stand-ins --')
  .description('Stand-ins for the model and Twilio, on loopback')
  .option('--model-port <port>', 'default: a free one', portArgument, 0)
  .option('--twilio-port <port>', 'default: a free one', portArgument, 0)
  .action(main);
await runProgram(program);
