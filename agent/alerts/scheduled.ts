import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where this user's alerts are scheduled. Undefined where neither the crontab nor systemd has the guide's line or timer. */
export async function scheduledBy(): Promise<'crontab' | 'systemd' | undefined> {
  const wanted = join(homedir(), '.config/systemd/user/timers.target.wants/spendwise-alert.timer');
  if (existsSync(wanted)) return 'systemd';
  const table = await promisify(execFile)('crontab', ['-l'], { timeout: 2_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return /^[^#\n]*spendwise\b[^\n]* alert\b/m.test(table) ? 'crontab' : undefined;
}
