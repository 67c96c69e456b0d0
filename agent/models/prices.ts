/** All zero when the endpoint does not tell. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** Of the input, what the endpoint had still in its cache and charges less for. */
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
 * OpenAI's list prices for standard processing, as of June 2026. Only what several independent readings of the list
 * agreed on; OPENAI_PRICES has the last word. Long contexts, regions and other tiers cost more or less.
 */
const LIST: Readonly<Record<string, Prices>> = {
  'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30 },
  'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15 },
  'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, cachedInput: 0.02, output: 1.25 },
  'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
};

/** The list price of a model or of a dated version of it; undefined for a model that is not on the list. */
export function listPrices(model: string): Prices | undefined {
  const name = model.replace(/-\d{4}-\d\d-\d\d$/, '');
  return Object.hasOwn(LIST, name) ? LIST[name] : undefined;
}

/** `input/cached/output` or `input/output`, in dollars for a million tokens; undefined when it is neither. */
export function parsePrices(text: string): Prices | undefined {
  const numbers = text
    .split('/')
    .map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length < 2 || numbers.length > 3 || numbers.some(Number.isNaN)) return undefined;
  const [input = 0, output = 0] = [numbers[0], numbers.at(-1)];
  return { input, cachedInput: (numbers.length === 3 ? numbers[1] : undefined) ?? input, output };
}

/** What so many tokens cost, in US dollars. An estimate: the bill is the endpoint's. */
export function costUsd(prices: Prices, usage: TokenUsage): number {
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const dollars =
    (usage.inputTokens - cached) * prices.input +
    cached * prices.cachedInput +
    usage.outputTokens * prices.output;
  // To a billionth: what a sum of fractions leaves beyond that is noise.
  return Math.round(dollars * 1000) / 1e9;
}
