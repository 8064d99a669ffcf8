import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { processLimits } from '../../limits/master.ts'
import { codedError } from '../../model/errors/coded-error.ts'

/** The user and the group of a file or of a process. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface Accounts {
  /** A name or a number. */
  readonly user: string | undefined
  readonly group: string | undefined
}

/**
 * The user and the group of the workers; undefined without a setting, and for the user and the
 * group of this process.
 * @throws for an unknown name, and for a change that only root can make.
 */
export function workerOwnerOf({ user, group }: Accounts): Owner | undefined {
  if (user === undefined && group === undefined) return undefined
  const own = ownIds()
  const account = user === undefined ? own : accountOf(user)
  const gid = group === undefined ? account.gid : groupOf(group)
  if (gid === undefined)
    throw codedError('GPE_ACCOUNT', `The user ${user} has no entry: name a group, too.`)
  if (account.uid === own.uid && gid === own.gid) return undefined
  if (own.uid === 0) return { uid: account.uid, gid }
  const shown = `user ${user ?? own.uid} and group ${group ?? gid}`
  throw codedError(
    'GPE_ACCOUNT',
    `Only root can change the workers to ${shown}; this process has uid ${own.uid}.`,
  )
}

/** The name of a user of this host; undefined without an entry. */
export function userNameOf(uid: number): string | undefined {
  return entryOf('/etc/passwd', String(uid), [0])[0]
}

function ownIds(): Owner {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  if (uid === undefined || gid === undefined) {
    throw codedError('GPE_ACCOUNT', 'A user and a group of workers need a POSIX system.')
  }
  return { uid, gid }
}

function accountOf(user: string): { readonly uid: number; readonly gid: number | undefined } {
  const [name, uid, gid] = entryOf('/etc/passwd', user, [0, 2, 3])
  if (name !== undefined) return { uid: Number(uid), gid: Number(gid) }
  if (isNumber(user)) return { uid: Number(user), gid: undefined }
  // The user can be in a directory service.
  const asked = [idOf('-u', user), idOf('-g', user)]
  if (asked[0] === undefined) throw codedError('GPE_ACCOUNT', `The user ${user} does not exist.`)
  return { uid: asked[0], gid: asked[1] }
}

function groupOf(group: string): number {
  const [name, gid] = entryOf('/etc/group', group, [0, 2])
  if (name !== undefined) return Number(gid)
  if (isNumber(group)) return Number(group)
  const { status, stdout } = ask('getent', ['group', group])
  const found = status === 0 ? stdout.split(':')[2] : undefined
  if (found === undefined) throw codedError('GPE_ACCOUNT', `The group ${group} does not exist.`)
  return Number(found)
}

/** Fields of the entry with this name or number; empty without an entry. */
function entryOf(file: string, wanted: string, fields: readonly number[]): (string | undefined)[] {
  try {
    const entries = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
    const entry =
      entries.find(([name]) => name === wanted) ??
      (isNumber(wanted) ? entries.find(([, , id]) => id === wanted) : undefined)
    return entry ? fields.map((field) => entry[field]) : []
  } catch {
    return []
  }
}

function idOf(flag: '-u' | '-g', user: string): number | undefined {
  const { status, stdout } = ask('id', [flag, '--', user])
  return status === 0 && isNumber(stdout.trim()) ? Number(stdout) : undefined
}

/** A directory service can be unreachable. Without a limit, a reload would stop the master. */
function ask(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(program, args, {
    encoding: 'utf8',
    timeout: processLimits.accountMs,
    killSignal: 'SIGKILL',
  })
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text)
}
