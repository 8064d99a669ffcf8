import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../limits.ts'
import { type HeldDirectory, holdDirectory } from './held-directory.ts'
import { isGeneration } from './source-value.ts'

/*
 * What processes leave in a shared directory: `<directory>/gunicorn-prometheus-exporter-<uid>/sources/<generation>`, one
 * file per process, each as `source-value.ts` has it. The directory may be everybody's. The two below it belong to one
 * user alone, and nothing in them is trusted.
 */

const folder = 'sources'

/** Where the files of this process's user are. */
export function ownFiles(directory: string): string {
  const user = process.getuid?.() ?? 'user'
  return join(directory, `gunicorn-prometheus-exporter-${user}`, folder)
}

/** A file that somebody left, unread. */
export interface SharedFile {
  /** Leads to it until the next file is asked for. */
  readonly path: string
  readonly generation: string
  /** Who must own it. */
  readonly uid: number
}

/** The files of this user, one after another; root sees those of all. Rejects where the directory cannot be read. */
export async function* sharedFiles(directory: string): AsyncGenerator<SharedFile> {
  // It may be a link; what is below it may not.
  const shared = await holdDirectory(await realpath(directory))
  let room: number = limits.sources
  try {
    for (const name of await readdir(shared.path)) {
      for await (const file of filesOf(shared, name)) {
        if (room === 0) return
        room -= 1
        yield file
      }
    }
  } finally {
    await shared.close()
  }
}

/** Undefined for what is no file, another's, gone, or too large. */
export async function readShared({ path, uid }: SharedFile): Promise<Buffer | undefined> {
  let file: FileHandle | undefined
  try {
    // Not waiting for whoever might have put a pipe there.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    const isOwned = process.getuid === undefined || status.uid === uid
    if (!status.isFile() || !isOwned || status.size > limits.sharedBytes) return undefined
    return await file.readFile()
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}

/**
 * Removes a file that has been silent for longer than anybody shows it, if it is this user's: not even root removes what
 * is in other users' hands. Their processes do that at their start.
 * @returns whether nothing there is to be read.
 */
export async function sweep({ path, uid }: SharedFile): Promise<boolean> {
  try {
    const status = await lstat(path)
    if (Date.now() - status.mtimeMs <= limits.sharedFileMs) return false
    const own = process.getuid?.()
    if (own === undefined || (own === uid && own === status.uid)) await unlink(path)
  } catch {
    // Somebody else was faster, or it is not ours to remove.
  }
  return true
}

const home = /^gunicorn-prometheus-exporter-(\d+|user)$/

async function* filesOf(shared: HeldDirectory, name: string): AsyncGenerator<SharedFile> {
  const uid = Number(home.exec(name)?.[1])
  const own = process.getuid?.()
  if (!home.test(name) || (own !== undefined && own !== 0 && own !== uid)) return
  const user = await holdOf(uid, join(shared.path, name))
  try {
    if (user) yield* filesIn(user, uid)
  } finally {
    await user?.close()
  }
}

async function* filesIn(user: HeldDirectory, uid: number): AsyncGenerator<SharedFile> {
  const sources = await holdOf(uid, join(user.path, folder))
  if (!sources) return
  try {
    const names = await readdir(sources.path).catch(() => [])
    for (const generation of names.filter(isGeneration)) {
      yield { path: join(sources.path, generation), generation, uid }
    }
  } finally {
    await sources.close()
  }
}

/** Undefined for what is no directory, or not this user's alone. */
async function holdOf(uid: number, path: string): Promise<HeldDirectory | undefined> {
  const held = await holdDirectory(path).catch(() => undefined)
  if (held && !isOf(uid, held.status)) {
    await held.close()
    return undefined
  }
  return held
}

const writableByOthers = 0o022

/** Where there are no users, as on Windows, there are no such modes either. */
function isOf(uid: number, { uid: owner, mode }: Stats): boolean {
  return process.getuid === undefined || (owner === uid && (mode & writableByOthers) === 0)
}
