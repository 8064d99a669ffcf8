import { placeBelow } from '../../../src/files/private-place.ts'
import type { WorkersDirectory } from '../../../src/files/workers-directory.ts'

/** The directory of a primary below a parent. */
export function workersDirectoryIn(parent: string, name = 'primary'): WorkersDirectory {
  return placeBelow(parent, name)
}
