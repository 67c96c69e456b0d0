export { ClientLink } from './client-link.ts';
export type { Connected } from './connect.ts';
export { announcementChanges } from './tool-changes.ts';
