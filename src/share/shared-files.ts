import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../limits.ts'
import { isGeneration } from './source-value.ts'

/*
 * What processes leave in a shared directory: `<directory>/gunicorn-prometheus-exporter-<uid>/sources/<generation>`, one
 * file per process, each as `source-value.ts` has it. The directory may be everybody's. The one below it belongs to one
 * user alone, and nothing in it is trusted.
 */

const start = 'gunicorn-prometheus-exporter-'
const folder = 'sources'

/** Where the files of this process's user are. */
export function ownFiles(directory: string): string {
  return join(directory, `${start}${process.getuid?.() ?? 'user'}`, folder)
}

/** A file that somebody left, unread. */
export interface SharedFile {
  readonly path: string
  readonly generation: string
  /** Who must own it; undefined where there are no users. */
  readonly uid: number | undefined
}

/** The files of this user; root sees those of all. Rejects where the directory cannot be read. */
export async function sharedFiles(directory: string): Promise<SharedFile[]> {
  const names = await readdir(directory)
  const files: SharedFile[] = []
  for (const name of names.filter((each) => each.startsWith(start))) {
    const home = join(directory, name)
    const uid = await ownerOf(home, name.slice(start.length))
    if (uid === 'nobody of ours') continue
    const entries = await readdir(join(home, folder)).catch(() => [])
    for (const generation of entries.filter(isGeneration)) {
      if (files.length >= limits.sources) return files
      files.push({ path: join(home, folder, generation), generation, uid })
    }
  }
  return files
}

/** Undefined for what is no file, another's, gone, or too large. */
export async function readShared({ path, uid }: SharedFile): Promise<Buffer | undefined> {
  let file: FileHandle | undefined
  try {
    // Not waiting for whoever might have put a pipe there.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    const isOwned = uid === undefined || status.uid === uid
    if (!status.isFile() || !isOwned || status.size > limits.sharedBytes) return undefined
    return await file.readFile()
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}

/** Removes a file that has been silent for longer than anybody shows it. */
export async function sweep({ path }: Pick<SharedFile, 'path'>): Promise<void> {
  try {
    const { mtimeMs } = await lstat(path)
    if (Date.now() - mtimeMs > limits.sharedFileMs) await unlink(path)
  } catch {
    // Somebody else was faster, or it is not ours to remove.
  }
}

const writableByOthers = 0o022

async function ownerOf(home: string, name: string): Promise<number | undefined | 'nobody of ours'> {
  const own = process.getuid?.()
  if (own === undefined) return undefined
  const status = await lstat(home).catch(() => undefined)
  if (!status?.isDirectory() || (status.mode & writableByOthers) !== 0) return 'nobody of ours'
  const isNamed = String(status.uid) === name
  return isNamed && (own === 0 || own === status.uid) ? status.uid : 'nobody of ours'
}
