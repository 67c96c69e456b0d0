/** Hears what may take long, and when that ends. Worth a word only if it does. */
export type Busy = (what: string, until: Promise<unknown>) => void;
