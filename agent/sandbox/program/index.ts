export { codeChanges } from './code-parts.ts';
export { requireNpm } from './packages/npm.ts';
export { programSource } from './prepare.ts';
