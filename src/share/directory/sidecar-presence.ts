import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { assertTrusted, isTrusted, userDirectory, withTrusted } from '../../files/trusted.ts'
import { shareLimits } from '../../limits/share.ts'
import { isRecord } from '../../support/guards.ts'
import { setMode } from '../../support/process/set-mode.ts'

/*
 * A sidecar writes `<directory>/gunicorn-prometheus-exporter-<uid>/sidecar.json` once a second.
 * Applications with the same PROMETHEUS_MULTIPROC_DIR read the file. So both find each other
 * without a setting.
 */

/** Name of the file. */
export const presenceFile = 'sidecar.json'

/** The content of the file. Change the format only together with the version. */
export interface SidecarPresence {
  readonly version: 1
  /** Counts the writes: a sidecar is alive while the number changes. */
  readonly sequence: number
  /** A random UUID of the process. */
  readonly incarnation: string
  /** Port of the page; null for a unix socket, or for any free port. */
  readonly port: number | null
  /** Whether the page shows processes that share by Redis. */
  readonly readsRedis: boolean
}

/**
 * Writes the file. Does not make the shared directory: the sidecar reports a missing directory.
 * Applications of all users read the file of a sidecar that runs as root. The file has no secret,
 * and other users cannot list the directory.
 * @throws where the file cannot be written.
 */
export function writePresence(directory: string, presence: SidecarPresence): void {
  const home = userDirectory(directory)
  if (!existsSync(home)) mkdirSync(home, { mode: 0o700 })
  const isRoot = process.getuid?.() === 0
  withTrusted(home, ({ path, descriptor }) => {
    const draft = join(path, `${presenceFile}.${presence.incarnation}`)
    rmSync(draft, { force: true })
    writeFileSync(draft, JSON.stringify(presence), { mode: 0o600, flag: 'wx' })
    // The mode is set after the creation, because the umask of root can remove rights.
    if (isRoot) chmodSync(draft, 0o644)
    renameSync(draft, join(path, presenceFile))
    if (isRoot && descriptor !== undefined) setMode(descriptor, home, 0o711)
  })
}

/** Removes the file, unless another sidecar has written the file. */
export function removePresence(directory: string, incarnation: string): void {
  const user = process.getuid?.()
  const home = userDirectory(directory, user)
  if (readPresence(home, user)?.incarnation !== incarnation) return
  rmSync(join(home, presenceFile), { force: true })
}

/** The sidecar of this user or of root; undefined without a file that this user can trust. */
export function findPresence(directory: string): SidecarPresence | undefined {
  for (const user of new Set([process.getuid?.(), 0])) {
    const presence = readPresence(userDirectory(directory, user), user)
    if (presence) return presence
  }
  return undefined
}

function readPresence(home: string, user: number | undefined): SidecarPresence | undefined {
  let file: number | undefined
  try {
    assertTrusted(home, user)
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    file = openSync(join(home, presenceFile), flags)
    const status = fstatSync(file)
    const isSmall = status.isFile() && status.size <= shareLimits.presenceBytes
    if (!isSmall || !isTrusted(status, user)) return undefined
    return parsePresence(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

export function parsePresence(value: unknown): SidecarPresence | undefined {
  if (!isRecord(value)) return undefined
  const { version, sequence, incarnation, port, readsRedis } = value
  if (version !== 1 || typeof readsRedis !== 'boolean') return undefined
  if (typeof sequence !== 'number' || typeof incarnation !== 'string') return undefined
  if (port !== null && typeof port !== 'number') return undefined
  return { version, sequence, incarnation, port, readsRedis }
}
