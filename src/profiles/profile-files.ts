import { lstatSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { PrivateDirectory } from '../files/private-directory.ts'
import type { PrivatePlace } from '../files/private-place.ts'
import { userDirectory } from '../files/trusted.ts'
import { profileLimits } from '../limits/tools/profiles.ts'
import { unixNow } from '../support/intrinsics/unix-now.ts'
import { isProfileName } from './profile-order.ts'

/** The files of profiles belong to the user of the workers: the worker makes the directory. */
export function profilePlace(parent: string, user: number | undefined): PrivatePlace {
  return { path: join(userDirectory(parent, user), 'profiles'), user: user ?? null, isOpen: false }
}

/** Where a profile is. */
export type ProfileState =
  | { readonly kind: 'none' }
  | { readonly kind: 'begun' }
  | { readonly kind: 'done'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'failed'; readonly reason: string }

/** The files of one profile: a draft, then the file under its name, or the reason of a failure. */
export class ProfileFiles {
  readonly #directory: PrivateDirectory
  readonly #path: string
  readonly #name: string

  constructor(place: PrivatePlace, name: string) {
    this.#directory = new PrivateDirectory(place)
    this.#path = place.path
    this.#name = name
  }

  /** In a worker. Makes the directory, and removes the oldest files. @returns the descriptor. */
  begin(): number {
    this.#directory.make()
    this.#prune()
    return this.#directory.create(this.#draft)
  }

  get draftPath(): string {
    return join(this.#path, this.#draft)
  }

  /** In a worker. The file under its name is complete. */
  finish(): void {
    this.#directory.rename(this.#draft, this.#name)
  }

  /** In a worker or in the master. Nobody wants the profile. */
  drop(): void {
    this.#directory.remove(this.#draft)
    this.#directory.remove(this.#failure)
  }

  /** In a worker that cannot send a message. */
  fail(reason: string): void {
    this.#directory.remove(this.#draft)
    this.#directory.replace(this.#failure, reason.slice(0, profileLimits.messageBytes))
  }

  /** In the master. */
  get state(): ProfileState {
    const path = join(this.#path, this.#name)
    const done = lstatSync(path, { throwIfNoEntry: false })
    if (done) return { kind: 'done', path, bytes: done.size }
    const failure = this.#directory.read(this.#failure, profileLimits.messageBytes)
    if (typeof failure !== 'string') return { kind: 'failed', reason: failure.toString() }
    const draft = lstatSync(this.draftPath, { throwIfNoEntry: false })
    return draft ? { kind: 'begun' } : { kind: 'none' }
  }

  /** Free space for the user of this process, bytes. */
  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#path)
    return bavail * bsize
  }

  get #draft(): string {
    return `${this.#name}.part`
  }

  get #failure(): string {
    return `${this.#name}.failed`
  }

  /** Makes room for one file of each kind. */
  #prune(): void {
    const { keptProfiles, keptSnapshots, draftMs, names } = profileLimits
    const found = this.#directory.names(names).flatMap((name) => {
      const stamp = this.#directory.stamp(name)
      return stamp ? [{ name, mtimeMs: stamp.mtimeMs }] : []
    })
    const newest = found.sort((one, other) => other.mtimeMs - one.mtimeMs)
    const whole = newest.filter(({ name }) => isProfileName(name))
    const [profiles, snapshots] = ['.cpuprofile', '.heapsnapshot'].map((end) =>
      whole.filter(({ name }) => name.endsWith(end)),
    )
    const old = [
      ...(profiles ?? []).slice(keptProfiles - 1),
      ...(snapshots ?? []).slice(keptSnapshots - 1),
      ...newest.filter(({ name, mtimeMs }) => isDraft(name) && unixNow() - mtimeMs > draftMs),
    ]
    for (const { name } of old) this.#directory.remove(name)
  }
}

function isDraft(name: string): boolean {
  const [, whole] = /^(.*)\.(?:part|failed)$/.exec(name) ?? []
  return whole !== undefined && isProfileName(whole)
}
