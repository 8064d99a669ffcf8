import { Buffer } from 'node:buffer'
import { closeSync, readSync } from 'node:fs'
import { type CountedSeries, type CountPlaces, numbersOf } from '../collect/counts/count-places.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import type { Source } from '../relay/report.ts'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  byteOrder,
  checksum,
  crashVersion,
  crc32,
  headBytes,
  headChecksumAt,
  headSeed,
  magic,
  nameHeadBytes,
  namesAt,
  pages,
  Slots,
  seedOf,
} from './layout.ts'
import { nameText } from './names.ts'
import { PageBuffer } from './page-buffer.ts'
import { writeAll } from './write-all.ts'

// Taken now, like `writeSync` in `write-all.ts`.
const close = closeSync
const read = readSync

/** Digits of the largest slot, beyond the first digit. */
const slotDigits = 4

/** Writes the crash file of a worker. `layout.ts` describes the format. */
export class CrashFile implements CountPlaces {
  readonly #file: number
  readonly #seed: number
  readonly #head: Uint8Array
  readonly #slots = new Slots()
  readonly #pages: PageBuffer[] = []
  /** All pages. Untouched pages take no memory. The numbers of series live here. */
  readonly #image = new ArrayBuffer(pages * blockBytes)
  /** Names that are not written yet. */
  #names: Uint8Array[] = []
  #turn = 0
  /** Offset behind the last name, written or not. */
  #end = namesAt
  /** Least size of the file. */
  #writtenBytes = blockAt(0, 0) + 2 * blockBytes

  /**
   * @param file descriptor of an empty file, open for writing and reading. `close` closes it. An
   * error of this constructor also closes it.
   * @param seed 32 random bits, different for each file.
   * @throws if the file cannot be written.
   */
  constructor(
    file: number,
    source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>,
    seed: number,
  ) {
    this.#file = file
    this.#seed = seed
    this.#head = headOf(source, seed)
    try {
      writeAll(file, this.#head, 0)
      // Most workers need one page. Its space is taken now, before the disk may be full.
      writeAll(file, new Uint8Array(2 * blockBytes), blockAt(0, 0))
    } catch (error) {
      this.close()
      throw error
    }
  }

  take(series: CountedSeries): Float64Array | undefined {
    const bytes = nameHeadBytes + Buffer.byteLength(nameText(0, series)) + slotDigits
    if (
      bytes > crashFileLimits.crashNameBytes ||
      this.#end + bytes > crashFileLimits.crashFileBytes
    )
      return undefined
    const size = numbersOf(series)
    const slot = this.#slots.take(size)
    if (slot === undefined) return undefined
    const [page, place] = [slot >>> 8, slot & 255]
    this.#page(page).use(place + size)
    this.#announce(nameText(slot, series))
    return new Float64Array(this.#image, page * blockBytes + blockHeadBytes + 8 * place, size)
  }

  /**
   * Notes that numbers have changed. Numbers of another place can cause a needless write of a page:
   * a look at their buffer would cost more.
   */
  touch({ byteOffset }: Float64Array): void {
    this.#page(Math.trunc(byteOffset / blockBytes)).isChanged = true
  }

  /**
   * Writes the changes since the last call.
   * @throws if the file cannot be written.
   */
  flush(): void {
    // Names go first: a reader refuses a slot in use without a name.
    if (this.#names.length > 0) this.#writeNames()
    const first = this.#page(0)
    let hasChanged = first.isChanged
    for (let index = this.#pages.length - 1; index > 0; index -= 1) {
      const page = this.#pages[index]
      if (!page?.isChanged) continue
      hasChanged = true
      page.write(this.#file, this.#turn + 1)
    }
    if (!hasChanged) return
    this.#turn += 1
    // The first page goes last, even without changes: then the turn is complete.
    first.write(this.#file, this.#turn)
  }

  /** Least size of the file, bytes. A smaller file has been cut. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** False after another program has cut the file: the next write leaves zeros in the head. */
  get hasHead(): boolean {
    const head = Buffer.alloc(this.#head.length)
    read(this.#file, head, 0, head.length, 0)
    return head.equals(this.#head)
  }

  get descriptor(): number {
    return this.#file
  }

  close(): void {
    try {
      close(this.#file)
    } catch {
      // The application has closed the descriptor.
    }
  }

  #announce(name: string): void {
    const text = Buffer.from(name)
    const head = new Uint32Array([crc32(text, seedOf(text.length, this.#seed)), text.length])
    this.#names.push(new Uint8Array(head.buffer), text)
    this.#end += nameHeadBytes + text.length
  }

  #writeNames(): void {
    const names = Buffer.concat(this.#names)
    writeAll(this.#file, names, this.#end - names.length)
    this.#writtenBytes = this.#end
    this.#names = []
  }

  #page(index: number): PageBuffer {
    this.#pages[index] ??= new PageBuffer(index, { image: this.#image, seed: this.#seed })
    return this.#pages[index]
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
  const bytes = new Uint8Array(head)
  words[headChecksumAt / 4] = checksum(bytes, headChecksumAt, headSeed)
  return bytes
}
