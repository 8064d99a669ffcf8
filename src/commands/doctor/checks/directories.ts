import { constants } from 'node:fs'
import { access, lstat, stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { nameOf } from '../../../config/setting-names.ts'
import type { Settings } from '../../../config/settings.ts'
import { isTrusted, userDirectory } from '../../../files/trusted.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { errorCodeOf } from '../../../support/error-code.ts'
import { type Finding, finding, fine } from '../catalog/finding.ts'
import type { Target } from '../facts/target.ts'

/** What a file system shows of a directory. */
export interface DirectoryFacts {
  /** The name of the setting. */
  readonly setting: string
  readonly path: string
  /** The user of the application. */
  readonly uid: number | undefined
  readonly isThere: boolean
  /** The directory, or the nearest directory above that exists. */
  readonly nearest: string
  /** Why `nearest` cannot be written; undefined where it can. */
  readonly refusal: string | undefined
  /** Another user owns or can replace the directory of the user below `path`. */
  readonly isUnsafe: boolean
  /** Whether totals are to be kept in a file system in memory. */
  readonly isStateInMemory: boolean
  readonly freeBytes: number | undefined
  /** Undefined for a file system without such a number. */
  readonly freeEntries: number | undefined
}

/** Looks at the directories of the settings. Writes nothing. */
export async function directoriesFindings({ settings, process: view }: Target): Promise<Finding[]> {
  const uid = view?.uid ?? process.getuid?.()
  const asked = directorySettings(settings)
  const facts = await Promise.all(asked.map((each) => directoryFacts({ ...each, uid })))
  return facts.flatMap(judgeDirectory)
}

function directorySettings(settings: Settings): Omit<Asked, 'uid'>[] {
  const names = ['multiprocDir', 'stateDir', 'sharedDir'] as const
  return names.flatMap((name) => {
    const path = settings[name]
    if (path === undefined) return []
    return [{ path: resolve(path), setting: nameOf(settings, name), isState: name === 'stateDir' }]
  })
}

interface Asked extends Pick<DirectoryFacts, 'path' | 'setting' | 'uid'> {
  /** Whether the directory is for totals that outlive the process. */
  readonly isState: boolean
}

/** The kernel's TMPFS_MAGIC. */
const tmpfs = 0x01021994

async function directoryFacts({ isState, ...asked }: Asked): Promise<DirectoryFacts> {
  const { path, uid } = asked
  const own = userDirectory(path, uid)
  const status = await lstat(own).catch(() => undefined)
  const nearest = await nearestExisting(status ? own : path)
  const system = await statfs(nearest).catch(() => undefined)
  return {
    ...asked,
    isThere: nearest === path || status !== undefined,
    nearest,
    refusal: await refusalOf(nearest, uid),
    isUnsafe: status !== undefined && !(status.isDirectory() && isTrusted(status, uid)),
    isStateInMemory: isState && system?.type === tmpfs,
    freeBytes: system && system.bavail * system.bsize,
    freeEntries: system && system.files > 0 ? system.ffree : undefined,
  }
}

async function nearestExisting(path: string): Promise<string> {
  const above = dirname(path)
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  return isThere || above === path ? path : await nearestExisting(above)
}

/** The kernel answers for this user alone. For another user, the mode tells. */
async function refusalOf(path: string, uid: number | undefined): Promise<string | undefined> {
  const code = await access(path, constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: unknown) => String(errorCodeOf(error)),
  )
  if (uid === process.getuid?.() || code === 'EROFS') return code
  if (uid === 0) return undefined
  const { mode, uid: owner } = await stat(path)
  const isWritable = owner === uid ? (mode & 0o200) !== 0 : (mode & 0o022) !== 0
  return isWritable ? undefined : 'EACCES'
}

/** Judges a directory. */
export function judgeDirectory(facts: DirectoryFacts): Finding[] {
  const { path, setting, uid, refusal, isUnsafe, isStateInMemory } = facts
  const lookedAt = `${path} of ${setting}`
  const words = { path, setting, user: uid ?? 'of the application' }
  if (refusal !== undefined) return [refused(facts, lookedAt, words)]
  const findings = [
    ...(isUnsafe ? [unsafe(lookedAt, words)] : []),
    ...(isFull(facts) ? [full(facts, lookedAt, words)] : []),
    ...(isStateInMemory ? [inMemory(lookedAt, words)] : []),
  ]
  if (findings.length > 0) return findings
  const mebibytes = Math.round((facts.freeBytes ?? 0) / 1_048_576)
  return [fine('directories', lookedAt, `It can be written. ${mebibytes} MiB are free.`)]
}

function refused(facts: DirectoryFacts, lookedAt: string, words: Words): Finding {
  const { isThere, nearest, refusal } = facts
  const found = isThere
    ? `The user ${words['user']} may not write here: ${refusal}.`
    : `The directory is missing, and ${nearest} cannot be written: ${refusal}.`
  const id = isThere ? 'directory-unwritable' : 'directory-missing'
  return finding(id, { lookedAt, found, words })
}

type Words = Readonly<Record<string, string | number>>

function unsafe(lookedAt: string, words: Words): Finding {
  const found = 'Another user owns the directory of this package there, or may write to it.'
  return finding('directory-unsafe', { lookedAt, found, words })
}

function inMemory(lookedAt: string, words: Words): Finding {
  const found = 'The file system is a tmpfs.'
  return finding('state-in-memory', { lookedAt, found, words })
}

function isFull({ freeBytes, freeEntries }: DirectoryFacts): boolean {
  const isLow = (value: number | undefined, least: number): boolean =>
    value !== undefined && value < least
  return isLow(freeBytes, doctorLimits.freeBytes) || isLow(freeEntries, doctorLimits.freeEntries)
}

function full({ freeBytes, freeEntries }: DirectoryFacts, lookedAt: string, words: Words): Finding {
  const entries = freeEntries === undefined ? '' : ` and ${freeEntries} entries`
  const found = `${freeBytes} bytes${entries} are free.`
  return finding('directory-full', { lookedAt, found, words })
}
