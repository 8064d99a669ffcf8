import { constants, existsSync, type Stats } from 'node:fs'
import { lstat, open } from 'node:fs/promises'

/** A directory that stays open. */
export interface HeldDirectory {
  /** Leads to the entries until `close`. */
  readonly path: string
  readonly status: Stats
  readonly close: () => Promise<void>
}

const descriptors = '/proc/self/fd'

/**
 * Opens a directory without following a link. On Linux, the returned path goes through the
 * descriptor: another user cannot put another directory in its place after the owner has been
 * checked. Elsewhere, the path is the given path. Rejects where the directory is missing or not
 * readable.
 */
export async function holdDirectory(path: string): Promise<HeldDirectory> {
  return existsSync(descriptors) ? await holdByDescriptor(path) : await holdByPath(path)
}

async function holdByDescriptor(path: string): Promise<HeldDirectory> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const handle = await open(path, flags)
  try {
    const status = await handle.stat()
    return { path: `${descriptors}/${handle.fd}`, status, close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function holdByPath(path: string): Promise<HeldDirectory> {
  const status = await lstat(path)
  if (!status.isDirectory()) {
    throw Object.assign(new Error(`ENOTDIR: ${path} is not a directory`), { code: 'ENOTDIR' })
  }
  return { path, status, close: async () => {} }
}
