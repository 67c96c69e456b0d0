/** What helps, by what the engine or its client said. */
export function engineHint(said: string): string {
  return HINTS.find(([pattern]) => pattern.test(said))?.[1] ?? 'see what `docker info` prints';
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /\bEACCES\b|permission denied.*(docker|podman).*(sock|daemon|API)|dial unix .*permission denied/i,
    'you are not allowed to use its socket: add yourself to the group docker (`sudo usermod -aG docker $USER`, then log in again), or use rootless Docker or Podman',
  ],
  [
    /executable file (`[^`]*` )?not found|exec: "[^"]*": (stat|no such file)|exec .*: no such file or directory/i,
    'its command is not in the image: check the entry point of the image, or execCommand',
  ],
  [/no command specified/i, 'the image has no entry point: it must say which command starts the server'],
  [/exec format error/i, 'its command is for another kind of processor: use an image for this machine'],
  [
    /cannot connect|connection refused|\bECONN(REFUSED|RESET)\b|\bENOENT\b|no such host|is the docker daemon running|did not answer|did not become ready|Client\.Timeout/i,
    'check that the Docker engine is running',
  ],
];
