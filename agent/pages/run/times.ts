import { ours, type Shown, shown } from '@spendwise/sandbox/shown';

/** `+1.204 s`, `+3 min 20 s`: how long after the first moment. */
export const after = (ms: number): Shown => ours`+${lasting(ms)}`;

export function lasting(ms: number): Shown {
  if (ms < 1_000) return ours`${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return shown(`${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`);
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.floor((ms % 60_000) / 1_000)];
  return minutes < 60
    ? ours`${minutes} min ${seconds} s`
    : ours`${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `Sun, 29 Nov 2026, 15:44:03 (Europe/Zurich)`. */
export function fullTime(ms: number, timeZone: string): Shown {
  const text = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
  }).format(ms);
  return shown(`${text} (${timeZone})`);
}
