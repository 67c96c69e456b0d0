export interface UserId {
  readonly uid: number;
  readonly gid: number;
}

/** Neither root nor anybody: whose root's sandboxes are where no one else fits. */
export const NOBODY: UserId = { uid: 65532, gid: 65532 };
