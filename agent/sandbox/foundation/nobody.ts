export interface UserId {
  readonly uid: number;
  readonly gid: number;
}

/** Not root, and no real user: runs root's sandboxes when no other user fits. */
export const NOBODY: UserId = { uid: 65532, gid: 65532 };
