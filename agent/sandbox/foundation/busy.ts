/** Told of work that may take long, with the promise that ends it. Shows it only if it does take long. */
export type Busy = (what: string, until: Promise<unknown>) => void;
