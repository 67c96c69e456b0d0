// Not here: what every command loads, however small (errors, shown), and what loads zod (process-identity).
export { jsonTrouble } from './json-bounds.ts';
export { maskedNumber, secretBlotter } from './known-secrets.ts';
export { NOBODY } from './nobody.ts';
export { realPath } from './paths.ts';
export { plainText } from './plain-text.ts';
export { assertStateFile, openStateFile, openStateFolder, stateFolderIfThere } from './state-folder.ts';
