import { parse } from 'tldts';

/** The text as a phone shows it: full-width letters and dots become plain, invisible characters are removed. */
const asSeen = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\u3002\uff0e\uff61]/g, '.')
    .replace(/\p{Cf}|\p{Default_Ignorable_Code_Point}/gu, '');

const SCHEME =
  /(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}:\/\/\S+|(?<![a-z])(?:mailto|tel|sms|javascript|data):\S+/iu;
/** Some top-level domains allow emoji in names. */
const DOTTED =
  /[\p{L}\p{N}\p{So}][\p{L}\p{M}\p{N}\p{So}\p{Emoji_Modifier}_-]*(?:\.[\p{L}\p{N}\p{So}][\p{L}\p{M}\p{N}\p{So}\p{Emoji_Modifier}_-]*)+/gu;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/;

/**
 * The first part that a phone would turn into a link, or undefined: a URL with a scheme, a name under a real top-level
 * domain (unlike "Food.Transport", "e.g." and "3.50"), or an IPv4 address.
 */
export function findUrl(text: string): string | undefined {
  const seen = asSeen(text);
  const scheme = SCHEME.exec(seen)?.[0];
  if (scheme !== undefined) return scheme;
  for (const [dotted] of seen.matchAll(DOTTED)) {
    if (IPV4.test(dotted)) return dotted;
    const labels = dotted.split('.');
    // Tries each part: the next sentence may follow without a space ("pay evil.com.Thanks").
    for (let end = 2; end <= labels.length; end += 1) {
      const [short, long] = [2, 3].map((count) => labels.slice(Math.max(0, end - count), end).join('.'));
      const name = [short, long].find((each) => isDomain(each as string));
      if (name !== undefined) return name;
    }
  }
  return undefined;
}

function isDomain(name: string): boolean {
  const { domain, isIcann, isIp } = parse(name.toLowerCase(), { allowPrivateDomains: false });
  return domain !== null && isIcann === true && isIp !== true;
}
