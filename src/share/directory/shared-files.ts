import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type HeldDirectory, holdDirectory } from '../../files/held-directory.ts'
import { isTrusted, userDirectory, userOfDirectory } from '../../files/trusted.ts'
import { shareLimits } from '../../limits/share.ts'
import { isIncarnation } from '../peers/peer-state.ts'

/*
 * Processes write to `<directory>/gunicorn-prometheus-exporter-<uid>/sources/<incarnation>`. Each
 * process has one file, in the format of `peer-state.ts`. Every user may write to the directory.
 * The two directories below belong to one user, and every entry below is checked before use.
 */

const folder = 'sources'

/** The directory for the files of this process's user. */
export function ownFiles(directory: string): string {
  return join(userDirectory(directory), folder)
}

/** Why an entry is rejected unread. `limit`: shareLimits.peers files have been read already. */
export type FileRejectReason = 'owner' | 'format' | 'size' | 'limit'

/** Called with each rejected entry. The name is unique in the shared directory. */
export type OnRejectedFile = (name: string, reason: FileRejectReason) => void

/** A file of one process, unread. */
export interface SharedFile {
  /** Unique in the shared directory. */
  readonly name: string
  /** Leads to the file until the next file is requested. */
  readonly path: string
  readonly incarnation: string
  /** The user who must own the file. */
  readonly uid: number
}

export interface SharedFilesOptions {
  readonly onRejected?: OnRejectedFile
  /** Default: shareLimits.peers. */
  readonly maxFiles?: number
}

/**
 * The files of this user, one after another; root sees the files of all users.
 * Rejects where the directory cannot be read.
 */
export async function* sharedFiles(
  directory: string,
  { onRejected = () => {}, maxFiles = shareLimits.peers }: SharedFilesOptions = {},
): AsyncGenerator<SharedFile> {
  // The shared directory may be a link. The directories below may not.
  const shared = await holdDirectory(await realpath(directory))
  let room: number = maxFiles
  try {
    for (const name of await readdir(shared.path)) {
      for await (const file of filesOf({ shared, name, onRejected })) {
        if (room === 0) return onRejected('', 'limit')
        room -= 1
        yield file
      }
    }
  } finally {
    await shared.close()
  }
}

/**
 * The content of a file, or the reason of its rejection; undefined where the file has gone or
 * cannot be read now.
 */
export async function readShared({
  path,
  uid,
}: SharedFile): Promise<Buffer | FileRejectReason | undefined> {
  let file: FileHandle | undefined
  try {
    // O_NONBLOCK: opening a pipe would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    return rejectionOf(status, uid) ?? (await file.readFile())
  } catch (error) {
    return rejectionBy(error, 'format')
  } finally {
    await file?.close()
  }
}

/**
 * Removes a file that no process has written for shareLimits.sharedFileMs, if the file belongs to
 * this user. Even root leaves the files of other users: later processes of a user remove old files
 * at the start.
 * @returns whether the file is too old to be read.
 */
export async function removeOldFiles({ path, uid }: SharedFile): Promise<boolean> {
  try {
    const status = await lstat(path)
    // By the clock of the file system, which has no other time of a write.
    if (Date.now() - status.mtimeMs <= shareLimits.sharedFileMs) return false
    const own = process.getuid?.()
    if (own === undefined || (own === uid && own === status.uid)) await unlink(path)
  } catch {
    // Another process has removed the file, or this user may not.
  }
  return true
}

interface FoundEntry {
  readonly shared: HeldDirectory
  readonly name: string
  readonly onRejected: OnRejectedFile
}

async function* filesOf({ shared, name, onRejected }: FoundEntry): AsyncGenerator<SharedFile> {
  const uid = userOfDirectory(name)
  if (uid === undefined) return
  const own = process.getuid?.()
  if (own !== undefined && own !== 0 && own !== uid) return onRejected(name, 'owner')
  const user = { path: join(shared.path, name), name, uid, onRejected }
  yield* inside(user, ({ path }) =>
    inside({ ...user, path: join(path, folder), name: join(name, folder) }, (sources) =>
      filesIn(sources, user),
    ),
  )
}

interface UserDirectory extends Pick<SharedFile, 'path' | 'name' | 'uid'> {
  readonly onRejected: OnRejectedFile
}

/** Files in a directory that belongs to the user alone; none in any other directory. */
async function* inside(
  { path, name, uid, onRejected }: UserDirectory,
  find: (directory: HeldDirectory) => AsyncGenerator<SharedFile>,
): AsyncGenerator<SharedFile> {
  const held = await holdTrusted(uid, path)
  if (typeof held === 'string') return onRejected(name, held)
  if (!held) return
  try {
    yield* find(held)
  } finally {
    await held.close()
  }
}

async function* filesIn(sources: HeldDirectory, user: UserDirectory): AsyncGenerator<SharedFile> {
  const names = await readdir(sources.path).catch(() => [])
  for (const incarnation of names.filter(isIncarnation)) {
    const path = join(sources.path, incarnation)
    yield { name: join(user.name, folder, incarnation), path, incarnation, uid: user.uid }
  }
}

/** Undefined where the directory has gone or cannot be read now. */
async function holdTrusted(
  uid: number,
  path: string,
): Promise<HeldDirectory | FileRejectReason | undefined> {
  try {
    const held = await holdDirectory(path)
    if (isTrusted(held.status, uid)) return held
    await held.close()
    return 'owner'
  } catch (error) {
    return rejectionBy(error, 'owner')
  }
}

function rejectionOf(status: Stats, uid: number): FileRejectReason | undefined {
  if (!status.isFile()) return 'format'
  if (!isTrusted(status, uid)) return 'owner'
  return status.size > shareLimits.peerStateBytes ? 'size' : undefined
}

const forbidden = ['EACCES', 'EPERM']
/** Codes for a link, for a file in place of a directory, and for a socket. */
const otherKind = ['ELOOP', 'EMLINK', 'ENOTDIR', 'ENXIO']

/** @param reason for an entry of another kind. */
function rejectionBy(error: unknown, reason: FileRejectReason): FileRejectReason | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (forbidden.includes(code)) return 'owner'
  return otherKind.includes(code) ? reason : undefined
}
