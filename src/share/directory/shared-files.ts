import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type HeldDirectory, holdDirectory } from '../../files/held-directory.ts'
import { writableByOthers } from '../../files/make-directory.ts'
import { shareLimits } from '../../limits/share.ts'
import { isIncarnation } from '../peers/peer-state.ts'

/*
 * What processes leave in a shared directory: `<directory>/gunicorn-prometheus-exporter-<uid>/sources/<incarnation>`, one
 * file per process, each as `source-value.ts` has it. The directory may be everybody's. The two below it belong to one
 * user alone, and nothing in them is trusted.
 */

const folder = 'sources'

/** Where the files of this process's user are. */
export function ownFiles(directory: string): string {
  const user = process.getuid?.() ?? 'user'
  return join(directory, `gunicorn-prometheus-exporter-${user}`, folder)
}

/** Why something is not believed, unread: it is not the user's alone, no file, too large, or one too many. */
export type FileRejectReason = 'owner' | 'format' | 'size' | 'limit'

/** Called for what is not believed, with a name that is its alone. */
export type OnRejectedFile = (name: string, doubt: FileRejectReason) => void

/** A file that somebody left, unread. */
export interface SharedFile {
  /** Its alone in the shared directory. */
  readonly name: string
  /** Leads to it until the next file is asked for. */
  readonly path: string
  readonly incarnation: string
  /** Who must own it. */
  readonly uid: number
}

/** The files of this user, one after another; root sees those of all. Rejects where the directory cannot be read. */
export async function* sharedFiles(
  directory: string,
  onDoubt: OnRejectedFile = () => {},
): AsyncGenerator<SharedFile> {
  // It may be a link; what is below it may not.
  const shared = await holdDirectory(await realpath(directory))
  let room: number = shareLimits.peers
  try {
    for (const name of await readdir(shared.path)) {
      for await (const file of filesOf({ shared, name, onDoubt })) {
        if (room === 0) return onDoubt('', 'limit')
        room -= 1
        yield file
      }
    }
  } finally {
    await shared.close()
  }
}

/** Undefined for what has gone, or cannot be read just now. */
export async function readShared({
  path,
  uid,
}: SharedFile): Promise<Buffer | FileRejectReason | undefined> {
  let file: FileHandle | undefined
  try {
    // Not waiting for whoever might have put a pipe there.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const status = await file.stat()
    return doubtOf(status, uid) ?? (await file.readFile())
  } catch (error) {
    return doubtBy(error, 'format')
  } finally {
    await file?.close()
  }
}

/**
 * Removes a file that has been silent for longer than anybody shows it, if it is this user's: not even root removes what
 * is in other users' hands. Their processes do that at their start.
 * @returns whether nothing there is to be read.
 */
export async function removeOldFiles({ path, uid }: SharedFile): Promise<boolean> {
  try {
    const status = await lstat(path)
    if (Date.now() - status.mtimeMs <= shareLimits.sharedFileMs) return false
    const own = process.getuid?.()
    if (own === undefined || (own === uid && own === status.uid)) await unlink(path)
  } catch {
    // Somebody else was faster, or it is not ours to remove.
  }
  return true
}

const home = /^gunicorn-prometheus-exporter-(\d+|user)$/

async function* filesOf({ shared, name, onDoubt }: Found): AsyncGenerator<SharedFile> {
  if (!home.test(name)) return
  const uid = Number(home.exec(name)?.[1])
  const own = process.getuid?.()
  if (own !== undefined && own !== 0 && own !== uid) return onDoubt(name, 'owner')
  const user = { path: join(shared.path, name), name, uid, onDoubt }
  yield* inside(user, ({ path }) =>
    inside({ ...user, path: join(path, folder), name: join(name, folder) }, (sources) =>
      filesIn(sources, user),
    ),
  )
}

interface Found {
  readonly shared: HeldDirectory
  readonly name: string
  readonly onDoubt: OnRejectedFile
}

interface OfUser extends Pick<SharedFile, 'path' | 'name' | 'uid'> {
  readonly onDoubt: OnRejectedFile
}

/** What is found in a directory that is the user's alone; in any other, nothing. */
async function* inside(
  { path, name, uid, onDoubt }: OfUser,
  find: (directory: HeldDirectory) => AsyncGenerator<SharedFile>,
): AsyncGenerator<SharedFile> {
  const held = await holdOf(uid, path)
  if (typeof held === 'string') return onDoubt(name, held)
  if (!held) return
  try {
    yield* find(held)
  } finally {
    await held.close()
  }
}

async function* filesIn(sources: HeldDirectory, user: OfUser): AsyncGenerator<SharedFile> {
  const names = await readdir(sources.path).catch(() => [])
  for (const incarnation of names.filter(isIncarnation)) {
    const path = join(sources.path, incarnation)
    yield { name: join(user.name, folder, incarnation), path, incarnation, uid: user.uid }
  }
}

/** Undefined for what has gone, or cannot be read just now. */
async function holdOf(
  uid: number,
  path: string,
): Promise<HeldDirectory | FileRejectReason | undefined> {
  try {
    const held = await holdDirectory(path)
    if (isOf(uid, held.status)) return held
    await held.close()
    return 'owner'
  } catch (error) {
    return doubtBy(error, 'owner')
  }
}

function doubtOf(status: Stats, uid: number): FileRejectReason | undefined {
  if (!status.isFile()) return 'format'
  if (!isOf(uid, status)) return 'owner'
  return status.size > shareLimits.peerStateBytes ? 'size' : undefined
}

const forbidden = ['EACCES', 'EPERM']
/** What a link, a file in place of a directory, and a socket give. */
const otherKind = ['ELOOP', 'EMLINK', 'ENOTDIR', 'ENXIO']

/** @param kind what to think of something of another kind. */
function doubtBy(error: unknown, kind: FileRejectReason): FileRejectReason | undefined {
  const code = String((error as { code?: unknown }).code)
  if (forbidden.includes(code)) return 'owner'
  return otherKind.includes(code) ? kind : undefined
}

/** Whether something is the user's alone. Where there are no users, as on Windows, there are no such modes either. */
function isOf(uid: number, { uid: owner, mode }: Stats): boolean {
  return process.getuid === undefined || (owner === uid && (mode & writableByOthers) === 0)
}
