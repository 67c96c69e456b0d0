export { codeChanges } from './code-parts.ts';
export { npmView, requireNpm } from './packages/npm.ts';
export { programSource } from './prepare.ts';
