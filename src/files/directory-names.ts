import { opendirSync } from 'node:fs'
import { assertTrusted } from './trusted.ts'

/** The first names in a directory of this user; empty where the directory is not trusted. */
export function namesOf(user: string, limit: number): string[] {
  return namesIn(user, limit, () => assertTrusted(user))
}

/** @param assert throws where the directory is not trusted: the names are empty then. */
export function namesIn(path: string, limit: number, assert: () => void): string[] {
  try {
    assert()
    return entriesOf(path, limit)
  } catch {
    // No process of this user has written here, or another user owns the directory.
    return []
  }
}

/** The first names in a directory. @throws where the directory cannot be read. */
export function entriesOf(path: string, limit: number): string[] {
  const names: string[] = []
  const directory = opendirSync(path)
  try {
    while (names.length < limit) {
      const entry = directory.readSync()
      if (!entry) break
      names.push(entry.name)
    }
  } finally {
    directory.closeSync()
  }
  return names
}
