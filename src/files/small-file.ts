import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { filesLimits } from '../limits/files.ts'
import { nodeCrypto } from '../support/process/node-crypto.ts'

/**
 * Text of a file with a certificate, a key or a secret.
 * @throws where the file cannot be read, is not a regular file (a pipe would never end) or is
 * larger than filesLimits.fileBytes.
 */
export function readSmall(path: string): string {
  const stats = statSync(path)
  if (!stats.isFile()) throw new Error(`${path} is not a regular file.`)
  if (stats.size > filesLimits.fileBytes)
    throw new Error(`${path} is larger than ${filesLimits.fileBytes} bytes.`)
  return readFileSync(path, 'utf8')
}

/**
 * The regular files of a directory in the order of their names, with links to files.
 * @throws where the directory cannot be read or has more entries than filesLimits.authorityFiles.
 */
export function filesIn(directory: string): string[] {
  const names = readdirSync(directory)
  if (names.length > filesLimits.authorityFiles) {
    throw new Error(`${directory} has more than ${filesLimits.authorityFiles} entries.`)
  }
  const paths = names.sort().map((name) => join(directory, name))
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

/** Differs after each change of a file. Links are followed: a link to another file is a change. */
export function stampOf(paths: readonly string[]): string {
  const texts = paths.map((path) => {
    const stats = statQuietly(path)
    if (stats === undefined) return 'none'
    return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
  })
  return [...paths, ...texts].join('\n')
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
  return nodeCrypto().createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}
