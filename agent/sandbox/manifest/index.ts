export { IMAGE_REFERENCE } from './fields.ts';
export { DevMCPManifest, loadManifest, MCPManifest, Registry } from './manifest.ts';
export { inWords, mistakesIn, WrongManifest } from './mistakes.ts';
export { assertNothingOurs, assertRecordOutside } from './named-paths.ts';
export {
  describePermission,
  explainPermission,
  FSAccess,
  namePermission,
  Permission,
  permissionInShort,
} from './permissions.ts';
export { ToolLimits } from './tool-limits.ts';
