export { codeChanges } from './code-parts.ts';
export { npmView, requireNpm } from './packages/npm.ts';
export { requirePip } from './packages/python/pip.ts';
export { programSource } from './prepare.ts';
