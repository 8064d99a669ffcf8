import { constants, existsSync, type Stats } from 'node:fs'
import { lstat, open } from 'node:fs/promises'

/** A directory that is held open. */
export interface HeldDirectory {
  /** Where its entries are reached until it is closed. */
  readonly path: string
  readonly status: Stats
  readonly close: () => Promise<void>
}

const descriptors = '/proc/self/fd'

/**
 * Holds a directory, and nothing that leads to one. On Linux its entries are then reached by its descriptor: whoever may
 * rename it, or what is above it, cannot put another in its place after we have looked whose it is. Elsewhere, by its path.
 * Rejects where there is none, or it may not be read.
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
    throw Object.assign(new Error(`ENOTDIR: ${path} is no directory`), { code: 'ENOTDIR' })
  }
  return { path, status, close: async () => {} }
}
