import { Buffer } from 'node:buffer'
import { closeSync, writeSync } from 'node:fs'
import { crashFileLimits } from '../limits/crash-file.ts'
import type { Attributes } from '../model/metric.ts'
import type { Source } from '../relay/report.ts'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  byteOrder,
  type CrashKey,
  checksum,
  crashVersion,
  headBytes,
  magic,
  nameHeadBytes,
  namesAt,
  Slots,
  seedOf,
  textChecksum,
} from './layout.ts'

// As they are now: what the application may put in their place shall not be called by us.
const write = writeSync
const close = closeSync

/** In place of a slot: what is stored there is stored nowhere. */
export const nowhere = -1

/** A slot's number has at most so many more than one. */
const slotDigits = 3

/** A series of a crash file. */
export interface CrashName {
  readonly key: CrashKey
  readonly attributes: Attributes
  /** Of a histogram. */
  readonly bounds?: readonly number[]
}

/** A worker's side of its crash file: `crash-layout.ts` says what is in it. */
export class CrashFile {
  readonly #file: number
  readonly #seed: number
  readonly #slots = new Slots()
  readonly #pages: Page[] = []
  /** Of those that are not written yet. */
  #names: Uint8Array[] = []
  /** Where the names end, written or not. */
  #end = namesAt

  /**
   * @param file open for writing, empty; closed by `close`, or here where an error is thrown.
   * @param seed any 32 bits; another one for every file.
   * @throws where it cannot be written.
   */
  constructor(
    file: number,
    source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>,
    seed: number,
  ) {
    this.#file = file
    this.#seed = seed
    try {
      writeAll(file, headOf(source, seed), 0)
      // The room that most workers need is taken now: they will not find the disk full.
      writeAll(file, new Uint8Array(2 * blockBytes), blockAt(0, 0))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** @returns the first slot of a new series; undefined where there is no room for it. */
  place({ key, attributes, bounds }: CrashName): number | undefined {
    const parts = bounds ? [key, attributes, bounds] : [key, attributes]
    const bytes = nameHeadBytes + Buffer.byteLength(JSON.stringify([0, ...parts])) + slotDigits
    if (
      bytes > crashFileLimits.crashNameBytes ||
      this.#end + bytes > crashFileLimits.crashFileBytes
    )
      return undefined
    const size = bounds ? bounds.length + 2 : 1
    const slot = this.#slots.take(size)
    if (slot === undefined) return undefined
    this.#page(slot >>> 8).use((slot & 255) + size)
    this.#announce(JSON.stringify([slot, ...parts]))
    return slot
  }

  store(slot: number, value: number): void {
    if (slot !== nowhere) this.#page(slot >>> 8).store(slot & 255, value)
  }

  /** From this slot on, all of one series. */
  storeAll(slot: number, values: Float64Array): void {
    if (slot < 0) return
    const page = this.#page(slot >>> 8)
    for (let index = 0; index < values.length; index += 1) {
      page.store((slot & 255) + index, values[index] as number)
    }
  }

  /**
   * Writes what has changed since the last call.
   * @throws where it cannot.
   */
  flush(): void {
    // First: no slot is used whose name is not there.
    if (this.#names.length > 0) this.#writeNames()
    for (const page of this.#pages) if (page.isChanged) page.write(this.#file)
  }

  close(): void {
    try {
      close(this.#file)
    } catch {
      // Somebody has closed it for us.
    }
  }

  #announce(name: string): void {
    const text = Buffer.from(name)
    const head = new Uint32Array([textChecksum(text, seedOf(text.length, this.#seed)), text.length])
    this.#names.push(new Uint8Array(head.buffer), text)
    this.#end += nameHeadBytes + text.length
  }

  #writeNames(): void {
    const names = Buffer.concat(this.#names)
    writeAll(this.#file, names, this.#end - names.length)
    this.#names = []
  }

  #page(index: number): Page {
    for (let next = this.#pages.length; next <= index; next += 1) {
      this.#pages.push(new Page(next, this.#seed))
    }
    return this.#pages[index] as Page
  }
}

class Page {
  isChanged = false
  #used = 0
  readonly #index: number
  readonly #seed: number
  readonly #values: Float64Array
  readonly #bytes = new Uint8Array(blockBytes)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  readonly #sequence = new Float64Array(this.#bytes.buffer, 8, 1)

  constructor(index: number, fileSeed: number) {
    this.#index = index
    this.#seed = seedOf(index, fileSeed)
    this.#values = new Float64Array(this.#bytes.buffer, blockHeadBytes)
  }

  /** Up to here slots have names. */
  use(end: number): void {
    this.#used = end
    this.isChanged = true
  }

  store(place: number, value: number): void {
    if (this.#values[place] === value) return
    this.#values[place] = value
    this.isChanged = true
  }

  write(file: number): void {
    const sequence = (this.#sequence[0] as number) + 1
    const length = blockHeadBytes + 8 * this.#used
    this.#sequence[0] = sequence
    this.#words[1] = this.#used
    this.#words[0] = checksum(this.#words, length / 4, this.#seed)
    const written = write(file, this.#bytes, 0, length, blockAt(this.#index, sequence))
    if (written !== length) throw new Error('there is no room for it')
    this.isChanged = false
  }
}

function headOf(
  { pid, startSeconds, forkNumber }: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>,
  seed: number,
): Uint8Array {
  const head = new ArrayBuffer(headBytes)
  const words = new Uint32Array(head)
  words.set([magic, crashVersion, byteOrder, seed])
  new Float64Array(head, 16, 3).set([pid, startSeconds, forkNumber])
  words[10] = checksum(words, 10, 1)
  return new Uint8Array(head)
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  if (write(file, bytes, 0, bytes.length, at) !== bytes.length) {
    throw new Error('there is no room for it')
  }
}
