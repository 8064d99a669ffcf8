import { join } from 'node:path'
import { userDirectory } from './trusted.ts'

/** Where a private directory is. Its parent is the directory of a user. */
export interface PrivatePlace {
  readonly path: string
  /** The user that makes both directories; null without user ids. */
  readonly user: number | null
  /**
   * Whether each process that knows the name may write. Workers of root can change their user at
   * any time. The name is secret then: other users cannot list the directory of root.
   */
  readonly isOpen: boolean
}

/** A private directory in the directory of this user, inside a parent. */
export function placeBelow(parent: string, name: string): PrivatePlace {
  return placeIn(userDirectory(parent), name)
}

/** A private directory in the given directory of this user. */
export function placeIn(user: string, name: string): PrivatePlace {
  return { path: join(user, name), user: process.getuid?.() ?? null, isOpen: false }
}
