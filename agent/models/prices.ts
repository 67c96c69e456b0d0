/** All zero if the endpoint does not report usage. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** The part of the input that was in the endpoint's cache, at a lower price. */
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** US dollars for a million tokens. */
export interface Prices {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/**
 * OpenAI's list prices for standard processing, as of June 2026, where several independent sources agree. OPENAI_PRICES
 * overrides them. Long contexts, regions and other tiers differ.
 */
const LIST: Readonly<Record<string, Prices>> = {
  'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30 },
  'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15 },
  'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, cachedInput: 0.02, output: 1.25 },
  'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
};

/** The list price of a model or a dated version of it; undefined if it is not listed. */
export function listPrices(model: string): Prices | undefined {
  const name = model.replace(/-\d{4}-\d\d-\d\d$/, '');
  return Object.hasOwn(LIST, name) ? LIST[name] : undefined;
}

/** Parses `input/cached/output` or `input/output`, in dollars for a million tokens. Undefined if invalid. */
export function parsePrices(text: string): Prices | undefined {
  const numbers = text
    .split('/')
    .map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length < 2 || numbers.length > 3 || numbers.some(Number.isNaN)) return undefined;
  const [input = 0, output = 0] = [numbers[0], numbers.at(-1)];
  return { input, cachedInput: (numbers.length === 3 ? numbers[1] : undefined) ?? input, output };
}

/** The cost in US dollars: an estimate, the bill may differ. */
export function costUsd(prices: Prices, usage: TokenUsage): number {
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const dollars =
    (usage.inputTokens - cached) * prices.input +
    cached * prices.cachedInput +
    usage.outputTokens * prices.output;
  // Rounded to a billionth, to hide floating-point noise.
  return Math.round(dollars * 1000) / 1e9;
}

/** Two significant digits, also below a cent. */
export const dollars = (amount: number): string =>
  `$${amount >= 1 || amount === 0 ? amount.toFixed(2) : amount.toFixed(Math.min(6, 1 - Math.floor(Math.log10(amount))))}`;
