import { PrivateDirectory } from '../../files/private-directory.ts'
import { placeBelow } from '../../files/private-place.ts'
import { shortDigest } from '../../files/short-digest.ts'
import { shareLimits } from '../../limits/share.ts'
import {
  isAlive,
  ownProcessIdentity,
  type ProcessIdentity,
} from '../../support/process/process-identity.ts'
import { encodeStoredState, parseStoredState, type StoredState } from './stored-state.ts'

/** The result of looking for the totals of an earlier process. */
export type Taken =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'state'; readonly state: StoredState['state'] }
  /** The file is no readable state. The next write replaces the file. */
  | { readonly kind: 'ignored'; readonly reason: string }
  /** A live process writes the file. */
  | { readonly kind: 'foreign'; readonly pid: number }

export interface StateFileOptions {
  /** The directory of the operator. */
  readonly directory: string
  /** Identifies the service on this host. */
  readonly slot: string
  /** Default: this process. */
  readonly process?: ProcessIdentity
  /** Blocks this thread. */
  readonly sleep?: (milliseconds: number) => void
}

const file = 'totals'

/**
 * The totals of a service on one host, in a file that outlives the process. A file named `taken-…`
 * holds the totals from the moment when a process has taken them until its first own write.
 */
export class StateFile {
  readonly #home: PrivateDirectory
  readonly #process: ProcessIdentity
  readonly #sleep: (milliseconds: number) => void

  constructor({ directory, slot, process = ownProcessIdentity(), ...options }: StateFileOptions) {
    this.#home = new PrivateDirectory(placeBelow(directory, `state-${shortDigest(slot)}`))
    this.#process = process
    this.#sleep = options.sleep ?? block
  }

  /**
   * Takes the totals of the last process of the service. Only one process gets the totals.
   * @throws where the system cannot read now. The totals then stay for another attempt.
   */
  take(): Taken {
    const taken = this.#takenName
    const found = this.#read(file)
    if (found.kind === 'state') {
      const pid = this.#livingWriter(found.stored)
      if (pid !== undefined) return { kind: 'foreign', pid }
    }
    if (found.kind === 'refused') {
      this.#home.rename(file, taken)
      this.#home.remove(taken)
      return { kind: 'ignored', reason: found.reason }
    }
    if (found.kind !== 'missing' && this.#home.rename(file, taken))
      return this.#ownedBy(found, taken)
    const left = this.#home.names(shareLimits.stateFiles).find((name) => this.#isAbandoned(name))
    if (left === undefined || !this.#home.rename(left, taken)) return { kind: 'nothing' }
    return this.#ownedBy(this.#read(taken), taken)
  }

  /** @throws where the file cannot be written. */
  write(state: Omit<StoredState['state'], 'hasEnded'>, hasEnded: boolean): void {
    this.#home.make()
    const writer = this.#process
    this.#home.replace(file, encodeStoredState({ writer, state: { ...state, hasEnded } }))
    this.#home.remove(this.#takenName)
  }

  get #takenName(): string {
    return `taken-${this.#process.pid}-${this.#process.startTicks}`
  }

  /** Another process can have written or taken the file in the meantime. */
  #ownedBy(found: Read, name: string): Taken {
    const now = this.#readAgain(name)
    if (now.kind === 'state' && found.kind === 'state') {
      const { writer } = now.stored
      if (writer.pid === found.stored.writer.pid) return { kind: 'state', state: now.stored.state }
      this.#home.rename(name, file)
      return { kind: 'foreign', pid: writer.pid }
    }
    this.#home.remove(name)
    return { kind: 'ignored', reason: now.kind === 'refused' ? now.reason : 'missing' }
  }

  /** Gives the file its first name back where the system cannot read now. */
  #readAgain(name: string): Read {
    try {
      return this.#read(name)
    } catch (error) {
      this.#home.rename(name, file)
      throw error
    }
  }

  #read(name: string): Read {
    const bytes = this.#home.read(name, shareLimits.peerStateBytes)
    if (bytes === 'missing') return { kind: 'missing' }
    if (bytes === 'refused')
      return {
        kind: 'refused',
        reason: this.#home.refusalReason(name, shareLimits.peerStateBytes),
      }
    if (bytes === 'unreadable') throw new Error('the system cannot read the file now')
    const stored = parseStoredState(bytes)
    return typeof stored === 'string'
      ? { kind: 'refused', reason: `wrong ${stored}` }
      : { kind: 'state', stored }
  }

  /** Watches the file of a process in another container for shareLimits.silenceMs. */
  #livingWriter({ writer, state }: StoredState): number | undefined {
    const alive = isAlive(writer)
    if (alive !== undefined) return alive ? writer.pid : undefined
    if (state.hasEnded) return undefined
    const stamp = this.#home.stamp(file)
    while (stamp && Date.now() - stamp.mtimeMs < shareLimits.silenceMs) {
      this.#sleep(shareLimits.stateWriterPollMs)
      if (this.#home.stamp(file)?.text !== stamp.text) return writer.pid
    }
    return undefined
  }

  /** Whether a process took the totals, and ended before its first write. */
  #isAbandoned(name: string): boolean {
    const [, pid, startTicks] = /^taken-(\d+)-(\d*)$/.exec(name) ?? []
    if (pid === undefined || startTicks === undefined) return false
    const { pidNamespace } = this.#process
    return isAlive({ pid: Number(pid), startTicks, pidNamespace }) === false
  }
}

type Read =
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'state'; readonly stored: StoredState }

function block(milliseconds: number): void {
  Atomics.wait(
    new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    0,
    0,
    milliseconds,
  )
}
