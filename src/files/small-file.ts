import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { filesLimits } from '../limits/files.ts'

/**
 * Text of a file with a certificate, a key or a secret.
 * @throws where it cannot be read, is no regular file (a pipe would not end) or larger than filesLimits.fileBytes.
 */
export function readSmall(path: string): string {
  const stats = statSync(path)
  if (!stats.isFile()) throw new Error(`${path} is no regular file.`)
  if (stats.size > filesLimits.fileBytes)
    throw new Error(`${path} is larger than ${filesLimits.fileBytes} bytes.`)
  return readFileSync(path, 'utf8')
}

/**
 * The regular files of a directory, links to files among them, in the order of their names.
 * @throws where it cannot be read or has more entries than filesLimits.authorityFiles.
 */
export function filesIn(directory: string): string[] {
  const names = readdirSync(directory)
  if (names.length > filesLimits.authorityFiles) {
    throw new Error(`${directory} has more than ${filesLimits.authorityFiles} entries.`)
  }
  const paths = names.sort().map((name) => join(directory, name))
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

/** What tells whether a file changed, and when it did. Links are followed: that a link leads elsewhere is a change. */
export interface FileStamp {
  readonly text: string
  /** Unix milliseconds; 0 where there is no file. */
  readonly changedAt: number
}

export function stampOf(paths: readonly string[]): FileStamp {
  let changedAt = 0
  const texts = paths.map((path) => {
    const stats = statQuietly(path)
    if (stats === undefined) return 'none'
    changedAt = Math.max(changedAt, Number(stats.ctimeMs))
    return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
  })
  return { text: [...paths, ...texts].join('\n'), changedAt }
}

function statQuietly(path: string): ReturnType<typeof statBig> {
  try {
    return statBig(path)
  } catch {
    return undefined
  }
}

function statBig(path: string) {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}

export function digestOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}
