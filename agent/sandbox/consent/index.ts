export type { Consented, ConsentOptions, ConsentUI } from './consent.ts';
export { grantChanges } from './grant-changes.ts';
export { type Grant, GrantStore } from './grants.ts';
