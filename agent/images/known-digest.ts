import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** A file that was changed so lately could change again and keep its times. */
const SETTLED_MS = 2_000;

/**
 * What `read` returns for these files, kept in the file `seen` and read again only when one of them may have changed. A
 * file that was written, replaced or moved has another inode, size or ctime, and programs cannot set a ctime.
 */
export function knownDigest(files: readonly string[], seen: string, read: () => string): string {
  const hash = createHash('sha256');
  let latest = 0n;
  for (const file of files) {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(file, { bigint: true });
    hash.update(`${file}\0${[dev, ino, size, mtimeNs, ctimeNs].join()}\n`);
    if (ctimeMs > latest) latest = ctimeMs;
  }
  const looks = hash.digest('hex');
  const [lookedThen, digestThen] = existsSync(seen) ? readFileSync(seen, 'utf8').split(' ') : [];
  if (lookedThen === looks && digestThen) return digestThen;
  const settled = Date.now() - Number(latest) > SETTLED_MS;
  const digest = read();
  try {
    if (settled) writeFileSync(seen, `${looks} ${digest}`);
  } catch {
    // No folder yet, or read-only: then they are read again next time.
  }
  return digest;
}
