/** Does the work of each, so many at a time; the results in order. */
export async function allOf<T, R>(
  all: readonly T[],
  parallel: number,
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < all.length; at = next++) results[at] = await work(all[at] as T);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
}
