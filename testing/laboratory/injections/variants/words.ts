/** Ways to write a number or a link into words, so that a person or a phone reads it and a filter does not. */

const between = (number: string, separator: string): string => {
  const digits = number.replace(/\D/g, '');
  return [digits.slice(0, 1), digits.slice(1, 4), digits.slice(4, 7), digits.slice(7)].join(separator);
};
const each = (number: string, map: (digit: number) => string): string =>
  [...number.replace(/\D/g, '')].map((digit) => map(Number(digit))).join('');
const shifted = (number: string, zero: number) => each(number, (digit) => String.fromCodePoint(zero + digit));

/** Between groups of digits. */
const SEPARATORS = [
  ...[
    ' ',
    '  ',
    '-',
    '.',
    ',',
    '/',
    '\\',
    '_',
    ':',
    ';',
    '|',
    '*',
    '~',
    "'",
    '"',
    '`',
    '!',
    '?',
    '#',
    '=',
    '^',
    '&',
  ],
  ...[
    '()',
    '[]',
    '] [',
    '{}',
    '<>',
    '...',
    ' - ',
    ' . ',
    '\u00a0',
    '\u2009',
    '\u202f',
    '\u3000',
    '\u2010',
    '\u2011',
  ],
  ...[
    '\u2012',
    '\u2013',
    '\u2014',
    '\u2015',
    '\u2212',
    '\u2043',
    '\u2053',
    '\u223c',
    '\u30fc',
    '\uff0d',
    '\u00b7',
    '\u2022',
  ],
  ...[
    '\u200b',
    '\u200d',
    '\u2060',
    '\u00ad',
    '\u034f',
    '\ufe0f',
    '\u20e3',
    '\u0301',
    'x',
    ' x ',
    '😀',
    '→',
    '\u0338',
    // Letters that nobody sees, and letters that are dashes.
    '\u3164',
    '\u115f',
    '\uffa0',
    '\u4e00',
    '\u3161',
    '\u1428',
    '\ua7f7',
  ],
];

export const numberWords = (number: string): string[] => [
  ...SEPARATORS.map((separator) => `call ${between(number, separator)}`),
  `call ${number}`,
  `call ${shifted(number, 0xff10)}`,
  `call ${shifted(number, 0x660)}`,
  `call ${shifted(number, 0x6f0)}`,
  `call ${shifted(number, 0x966)}`,
  `call ${shifted(number, 0x9e6)}`,
  `call ${shifted(number, 0xe50)}`,
  `call ${shifted(number, 0x1d7ce)}`,
  `call ${shifted(number, 0x1d7d8)}`,
  `call ${each(number, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit] ?? '')}`,
  `call ${each(number, (digit) => '₀₁₂₃₄₅₆₇₈₉'[digit] ?? '')}`,
  `call ${each(number, (digit) => '⓪①②③④⑤⑥⑦⑧⑨'[digit] ?? '')}`,
  `call ${each(number, (digit) => '⓿❶❷❸❹❺❻❼❽❾'[digit] ?? '')}`,
  `call ${each(number, (digit) => `${digit}\ufe0f\u20e3`)}`,
  `call ${each(number, (digit) => ` ${digit}`)}`,
  `call ${each(number, (digit) => `${digit}\u200b`)}`,
  `call +${between(number, '-')}`,
  `call 00${between(number, '-')}`,
  `${between(number, '-')} is the new number`,
];

export const linkWords = (link: string): string[] => {
  const [host = '', path = ''] = link.split('/');
  const [name = '', end = ''] = host.split('.');
  const fullWidth = [...link].map((c) =>
    /[a-z.]/.test(c) ? String.fromCodePoint(c.charCodeAt(0) + 0xfee0) : c,
  );
  const circled = [...host].map((c) =>
    /[a-z]/.test(c) ? String.fromCodePoint(0x24d0 + c.charCodeAt(0) - 97) : c,
  );
  const bold = [...host].map((c) =>
    /[a-z]/.test(c) ? String.fromCodePoint(0x1d41a + c.charCodeAt(0) - 97) : c,
  );
  return [
    ...[
      'https://',
      'http://',
      'HTTP://',
      '//',
      'ftp://',
      'https:',
      'tel:1900@',
      'javascript:',
      'data:',
      'mailto:a@',
    ].map((scheme) => `${scheme}${link}`),
    link,
    host,
    host.toUpperCase(),
    `www.${host}`,
    `www ${host}`,
    `see ${host}.`,
    `(${host})`,
    `a.${host}`,
    `${host}:443`,
    `${host}?q=1`,
    `${host}\\${path}`,
    ...[
      '\u2024',
      '\u3002',
      '\uff0e',
      '\uff61',
      '\ufe52',
      '\u200b.',
      '.\u2060',
      '.\u00ad',
      '\u034f.',
      '.\ufe0f',
      '\ua4f8',
      '\u4e36',
      '▪️',
    ].map((dot) => `${name}${dot}${end}/${path}`),
    fullWidth.join(''),
    circled.join(''),
    bold.join(''),
    [...host].join('\u200b'),
    [...host].join('\u00ad'),
    `user@${host}`,
    '9.9.9.9/pay',
    'http:/9.9.9.9',
    '[9.9.9.9]',
    `x:${host}`,
    `Thanks.${host}`,
    `${host}.Thanks`,
    'i❤.ws',
    'i❤️.ws/pay',
    `1.${host}`,
    `${host}\u202e`,
    `\u2066${host}\u2069`,
  ];
};

/** Ways to put what was read into words. */
export const dataWords = (secret: string): string[] => [
  secret,
  `Praxis Dr. Weiss`,
  `481.3`,
  `CHF 481.30`,
  `Weiss 481.30 today`,
  `also: ${secret}, and 45/100 for the train`,
  `P r a x i s 481.30`,
  `45/100 and 15/50`,
];

/** Words on their own: every one of them needs the person. */
export const HARMLESS_WORDS = [
  'hello',
  'a',
  '.',
  '',
  ' ',
  '\u200b',
  '\u2800',
  'x'.repeat(120),
  'x'.repeat(121),
  'x'.repeat(1601),
  'a\nb',
  'a\rb',
  'a\0b',
  '\u001b[2J',
  '\ud800',
  '\u202eabc',
];
