import { linkSync, lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { controlLimits } from '../../limits/tools/control.ts'
import { errorCodeOf } from '../../support/error-code.ts'

/** What a path is, for a process that wants to listen there. */
export type Finding =
  | { readonly kind: 'free' }
  /** The socket of a process that has ended. */
  | { readonly kind: 'stale'; readonly file: Stats }
  /** A process listens, or may listen. */
  | { readonly kind: 'taken' }
  /** A file of another kind. */
  | { readonly kind: 'foreign' }

/** A connection decides: the process of a socket can be in another container. */
export async function findingAt(path: string): Promise<Finding> {
  const file = lstatSync(path, { throwIfNoEntry: false })
  if (!file) return { kind: 'free' }
  if (!file.isSocket()) return { kind: 'foreign' }
  const code = await connectCode(path)
  if (code === 'ENOENT') return { kind: 'free' }
  return code === 'ECONNREFUSED' ? { kind: 'stale', file } : { kind: 'taken' }
}

/** @returns the code of the error of a connection; undefined for a connection. */
function connectCode(path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    const end = (code: unknown): void => {
      socket.destroy()
      resolve(code)
    }
    socket.setTimeout(controlLimits.probeMs, () => end('ETIMEDOUT'))
    socket.once('connect', () => end(undefined))
    socket.once('error', (error) => end(errorCodeOf(error)))
    socket.unref()
  })
}

/**
 * Removes the file of a stale socket. Another process may put a new socket there at the same time:
 * such a socket goes back to its name.
 * @throws where the directory lets no file be removed.
 */
export function removeStale(path: string, { ino, dev }: Stats): void {
  const aside = draftPath(path, 'old')
  renameSync(path, aside)
  const moved = lstatSync(aside)
  if (moved.ino !== ino || moved.dev !== dev) linkQuietly(aside, path)
  unlinkSync(aside)
}

function linkQuietly(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    // A third process has taken the name.
  }
}

/** A name beside the socket. The name is short, because the kernel limits a socket's path. */
export function draftPath(path: string, suffix: string): string {
  return join(dirname(path), `.${process.pid}${suffix}`)
}

/** @returns why a socket cannot have the path; undefined where it can. */
export function pathFault(path: string): string | undefined {
  const longest = [path, draftPath(path, 'new')].map((each) => Buffer.byteLength(each))
  const bytes = Math.max(...longest)
  if (bytes <= controlLimits.pathBytes) return undefined
  return `the path needs ${bytes} bytes; a unix socket can have ${controlLimits.pathBytes}`
}

/** Whether the path is a socket of this user. In a shared directory, others can make names. */
export function isOwnSocket(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isSocket() === true && found.uid === process.geteuid?.()
}

/** The socket of this process under its current name. */
export class OwnSocketFile {
  readonly #given: string
  readonly #file: Stats
  #path: string

  /**
   * Gives the socket its name. The socket has its mode before other processes see the name.
   * @param draft where the socket is so far.
   * @throws with the code EEXIST where the name is taken.
   */
  constructor(draft: string, path: string) {
    this.#file = lstatSync(draft)
    linkSync(draft, path)
    unlinkSync(draft)
    this.#given = path
    this.#path = path
  }

  get path(): string {
    return this.#path
  }

  /** Renames the socket to `PATH.oldbin`, as the pid file: a successor listens on the path. */
  stepAside(): void {
    const aside = `${this.#given}.oldbin`
    const there = lstatSync(aside, { throwIfNoEntry: false })
    if (!this.#isOwn() || (there && !there.isSocket())) return
    renameSync(this.#path, aside)
    this.#path = aside
  }

  /** Takes the old name again. @returns whether the socket has the name now. */
  stepBack(): boolean {
    if (this.#path === this.#given) return true
    if (!this.#isOwn()) return false
    try {
      linkSync(this.#path, this.#given)
      unlinkSync(this.#path)
      this.#path = this.#given
      return true
    } catch {
      return false
    }
  }

  /** Removes the file, unless the path leads to a file of another process. */
  remove(): void {
    try {
      if (this.#isOwn()) unlinkSync(this.#path)
    } catch {
      // Another process has removed the file.
    }
  }

  #isOwn(): boolean {
    const found = lstatSync(this.#path, { throwIfNoEntry: false })
    return found?.ino === this.#file.ino && found.dev === this.#file.dev
  }
}
