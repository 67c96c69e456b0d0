/**
 * Whether output is in words only, for screen readers: with `--plain`, or if SPENDWISE_PLAIN is set to anything. The option
 * sets the variable, so that programs which this one starts have it too.
 */
export const plainly = (): boolean => Boolean(process.env.SPENDWISE_PLAIN);

export function speakPlainly(): void {
  process.env.SPENDWISE_PLAIN = '1';
}
