/**
 * Whether everything is said in words, for screen readers: `--plain`, or SPENDWISE_PLAIN set to anything. The option is
 * kept as the variable: programs that this one starts say it in words too.
 */
export const plainly = (): boolean => Boolean(process.env.SPENDWISE_PLAIN);

export function speakPlainly(): void {
  process.env.SPENDWISE_PLAIN = '1';
}
