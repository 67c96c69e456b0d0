import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertSettings } from '../../agent/alerts/settings.ts';
import { Session } from '../../agent/app/session.ts';
import { approvalsIn, converse } from '../../agent/cli/commands/agent/chat.ts';
import { sandboxHost } from '../../agent/cli/sandbox-host.ts';
import { budgetBars } from '../../agent/cli/terminal/bars.ts';
import { openHost } from '../../agent/cli/terminal/host.ts';
import { narrator } from '../../agent/cli/terminal/narrator.ts';
import { recorded } from '../../agent/runs/record.ts';
import { RunRecorder } from '../../agent/runs/report.ts';
import { RunStore } from '../../agent/runs/store.ts';
import { pickRuntime, sayIfNotSandboxed } from '../../agent/sandbox/cli/pick-runtime.ts';
import { runProgram } from '../../agent/sandbox/cli/run-program.ts';
import { GrantStore } from '../../agent/sandbox/consent/grants.ts';
import { ConsentMissing, SpendwiseError } from '../../agent/sandbox/foundation/errors.ts';
import { jsonLine } from '../../agent/sandbox/foundation/shown/json-line.ts';
import { ours, type Shown, shown } from '../../agent/sandbox/foundation/shown/shown.ts';
import { turnInterrupts } from '../../agent/sandbox/terminal/interrupt.ts';
import { out as screen } from '../../agent/sandbox/terminal/screen.ts';
import { begin } from '../../agent/sandbox/terminal/working.ts';
import { loadEnvironment, stateDir as stateDirOf } from '../../agent/settings/environment.ts';
import { today as todayIn } from '../../agent/spending/periods.ts';
import { originalScenario } from '../../agent/spending/seed/original.ts';
import { writeSeed } from '../../agent/spending/seed/write.ts';
import { playAttacks } from './attacks.ts';
import { DEFAULT_PROMPT, type DemoOptions, demoProgram } from './options.ts';
import { type DemoParts, demoParts } from './parts.ts';
import { phoneBubble } from './phone.ts';

const HANDED_OVER: ReadonlySet<string> = new Set(['queued', 'sent', 'delivered']);

async function demo(options: DemoOptions): Promise<void> {
  const interrupts = turnInterrupts();
  const signal = interrupts.leave;
  const host = openHost(signal);
  const { out } = host;
  // With --json, stdout holds the object alone.
  const tell = (...lines: Shown[]) => {
    if (!options.json) screen.line(...lines);
  };
  const heading = (text: Shown) => tell(ours``, out.bold(text));

  const environment = loadEnvironment();
  const parts = await demoParts(environment);
  let folder: string | undefined;
  const recorder = new RunRecorder();
  let session: Session | undefined;
  let page = async (): Promise<Shown[]> => [];
  try {
    folder = mkdtempSync(join(tmpdir(), 'spendwise-demo-'));
    const runtime = await pickRuntime(options, environment, host, sandboxHost);
    tell(...introduction(parts, runtime.kind));
    if (!options.json) sayIfNotSandboxed(runtime, out, tell);

    const stateDir = join(folder, 'state');
    parts.watch(stateDir);
    const runs = new RunStore({ ...environment, SPENDWISE_STATE_DIR: stateDir }, host.warn);
    const room = { interrupts, runs };
    const model = { kind: parts.modelKind, name: parts.model.name };
    const setting = { runtime, model, twilio: parts.twilioKind };

    const timeZone = Temporal.Now.timeZoneId();
    const day = options.today ?? todayIn(timeZone);
    const database = join(folder, 'data', 'spendwise.db');
    writeSeed(database, originalScenario(day), timeZone);
    // Made-up data in a folder of ours alone: it works under engines too that give containers ids of their own.
    chmodSync(database, 0o644);

    heading(ours`Permissions: what each server asks for`);
    const mayGrantItself = host.ui === undefined && !parts.live;
    const because = options.yes ? '--yes' : 'no terminal, and only stand-ins behind it';
    session = await Session.open({
      environment: parts.environment,
      database,
      stateDir,
      today: day,
      sms: parts.sms,
      alerts: alertSettings(environment),
      runtime,
      model: parts.model,
      consent: {
        ui: host.ui,
        grantAll:
          options.yes || mayGrantItself
            ? { because, notice: options.json ? host.say : (line) => tell(ours`  ${line}`) }
            : undefined,
        store: new GrantStore(stateDir),
        howToGrant: 'a live key or account is configured: answer in a terminal, or pass --yes',
      },
      approve: host.ui && approvalsIn(room)(host.ui.approve),
      preApproved: false,
      signal,
      onEgress: recorder.recordEgress,
      notice: host.warn,
      busy: host.busy,
    });

    heading(ours`Your budgets this week`);
    const budgets = session.budgets();
    // Two columns go to the indentation.
    const beside = screen.columns && screen.columns - 2;
    tell(...budgetBars(budgets, out, beside).map((line) => ours`  ${line}`));

    heading(ours`You: ${shown(options.prompt)}`);
    const waits = options.json ? {} : { begin };
    const narrate = narrator({ words: screen, steps: screen, theme: out, ...waits });
    const report = (error?: SpendwiseError) =>
      recorder.report(
        {
          runtime: runtime.kind,
          model,
          twilio: parts.twilioKind,
          budgets,
        },
        error,
      );
    const handedOver = () => recorder.messages.filter(({ status }) => HANDED_OVER.has(status));
    const showPhone = () => {
      heading(handedOver().length > 0 ? ours`On your phone` : ours`No text went out`);
      const from = parts.environment.TWILIO_PHONE_NUMBER ?? 'SpendWise';
      for (const message of handedOver())
        tell(...phoneBubble({ body: message.body, from }, out).map((l) => ours`  ${l}`));
      if (parts.inboxUrl && host.ui && !options.json)
        tell(ours`  The inbox, while this runs: ${shown(parts.inboxUrl.href)}`);
    };
    try {
      const run = runs.begin(options.prompt, setting, session.audit);
      const app = session;
      if (options.page)
        page = async () => {
          const { leavePage } = await import('../../agent/cli/commands/runs/page.ts');
          // The page outlives the folder.
          const kept = { record: stateDir, pages: stateDirOf(environment) };
          const lines = await leavePage(run.id, kept, host.warn);
          const later =
            runs.last?.id === run.id
              ? []
              : [ours`The page shows the demo alone, not what you asked after it.`];
          return lines.flatMap((line) => [...later, line]);
        };
      const acts = async function* () {
        yield* app.run(options.prompt, signal);
        showPhone();
        await playAttacks(app, { run, signal, recorder, heading, tell, theme: out });
      };
      for await (const event of recorded(run, acts)) {
        recorder.record(event);
        if (!options.json) narrate(event);
      }
    } catch (error) {
      if (options.json && error instanceof SpendwiseError) screen.line(jsonLine(report(error)));
      throw error;
    } finally {
      narrate({ type: 'end' });
    }

    if (options.json) screen.line(jsonLine(report()));
    else if (host.ui) await converse({ ...room, session, setting, host, ui: host.ui });
    if (session.refusedAny && handedOver().length === 0 && options.prompt === DEFAULT_PROMPT)
      throw new ConsentMissing(
        'no alert could go out: you refused what the SMS server needs',
        'run it again and answer yes',
      );
  } finally {
    try {
      await session?.close();
      const lines = await page();
      if (options.json) for (const line of lines) host.say(line);
      else tell(...lines);
    } finally {
      await parts.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    }
  }
}

function introduction(parts: DemoParts, runtime: string): Shown[] {
  const model =
    parts.modelKind === 'scripted'
      ? 'scripted rules, no AI (set OPENAI_API_KEY for a real one)'
      : `${parts.model.name}, ${parts.modelOrigin ? `at ${parts.modelOrigin}` : 'a real model'}`;
  const sms = {
    'stand-in': 'a stand-in for Twilio on this machine: nothing is really sent',
    override: 'TWILIO_API_BASE_URL: nothing goes to Twilio itself',
    live: 'LIVE: texts really go out through your Twilio account',
  }[parts.twilioKind];
  return [
    ours`SpendWise demo, on a throw-away database`,
    ours``,
    ours`  model    ${shown(model)}`,
    ours`  SMS      ${shown(sms)}`,
    ours`  runtime  ${shown(runtime)}`,
    ours``,
  ];
}

await runProgram(demoProgram(demo));
