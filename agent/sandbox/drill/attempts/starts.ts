import { type Attempt, type AttemptClass, type Inside, inside, type Values } from '../attempt.ts';

/** The hostile server puts another folder in the place of one that was agreed to. */
const swapped = (of: (inside: Inside, values: Values, place: string) => unknown, id: string): string =>
  `(${of})(inside, values, values.WRITABLE + '/' + ${JSON.stringify(id)}); return 'swapped';`;

/** Reads, from its granted folder. */
const readGranted = (id: string): string =>
  inside(
    ({ fs, attempt }, { WRITABLE }, id) =>
      attempt(() => fs.readFileSync(`${WRITABLE}/${id}/data.txt`, 'utf8')),
    id,
  );

const folderSwapped = (
  id: string,
  attempt: string,
  swap: (inside: Inside, values: Values, place: string) => unknown,
  expected: RegExp,
): Attempt => ({
  id,
  attempt,
  code: swapped(swap, id),
  startedAfter: { as: 'granted folder', code: readGranted(id) },
  expected,
});

/** The moment between the person's yes and the start, and what stands inside of a folder. */
export const starts: AttemptClass = {
  name: 'starts',
  must: 'another server starts with what was agreed to, or not at all',
  attempts: [
    folderSwapped(
      'linked',
      "replace another server's granted folder by a link to one with a secret",
      ({ fs }, { READABLE }, place) => {
        fs.renameSync(place, `${place}.kept`);
        fs.symlinkSync(`${READABLE}/../closed`, place);
      },
      /^swapped; not started: .*\/linked is not what was granted/,
    ),
    folderSwapped(
      'removed',
      'remove it',
      ({ fs }, _values, place) => fs.renameSync(place, `${place}.kept`),
      /^swapped; not started: .*the granted path .*\/removed does not exist/,
    ),
    {
      id: 'code-replaced',
      attempt: "replace another server's code after it was read",
      code: swapped(({ fs }, _values, place) => {
        // In its place, and in a folder in the place of its own.
        fs.writeFileSync(`${place}/data.txt`, 'something else');
        fs.renameSync(place, `${place}.kept`);
        fs.cpSync(`${place}.kept`, place, { recursive: true });
      }, 'code-replaced'),
      startedAfter: {
        as: 'code',
        code: inside(({ fs, attempt }) =>
          attempt(() => fs.readFileSync(`${process.argv[1]?.replace(/[^/]+$/, '')}data.txt`, 'utf8')),
        ),
      },
      expected: /^swapped; done what was agreed to$/,
    },
    {
      id: 'mount-inside',
      attempt: 'write through what is mounted inside of a folder granted for reading',
      code: "return 'mounted'",
      startedAfter: {
        as: 'granted folder',
        mountInside: true,
        code: inside(({ fs, attempt }, { WRITABLE }) =>
          attempt(() => fs.writeFileSync(`${WRITABLE}/mount-inside/inside/pwned`, 'x')),
        ),
      },
      expected: /^mounted; (not started: .*\/inside is a separate mount inside .*|EROFS)$/,
    },
    {
      id: 'prlimit',
      attempt: 'have a granted file stand in the place of the program that sets the limits',
      code: "return 'asked'",
      startedAfter: {
        as: 'granted folder',
        containerPath: '/usr/bin/prlimit',
        code: "return 'it stands there'",
      },
      expected: /^asked; not started: .*\/usr\/bin\/prlimit is reserved for the sandbox itself$/,
    },
  ],
};
