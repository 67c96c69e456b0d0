/** A program that is here, with this digest. */
export const codeIs = (digest: string) => ({ fetched: undefined, prepare: async () => ({ digest }) });
