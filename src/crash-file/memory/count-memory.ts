import { Buffer } from 'node:buffer'
import {
  type CountedSeries,
  type CountPlaces,
  numbersOf,
} from '../../collect/counts/count-places.ts'
import { crashFileLimits } from '../../limits/crash-file.ts'
import type { Source } from '../../relay/report.ts'
import { byteOrder, Slots } from '../layout.ts'
import { nameText } from '../names.ts'
import {
  memoryHeadBytes,
  memoryMagic,
  memoryNamesAt,
  memoryNamesBytes,
  memoryPages,
  memoryVersion,
  nameLengthBytes,
  namesEndIndex,
  valuesAt,
} from './memory-layout.ts'

/** Gives series of a worker places in mapped memory. `memory-layout.ts` describes the format. */
export class CountMemory implements CountPlaces {
  readonly all: Float64Array
  readonly #memory: ArrayBuffer
  readonly #head: Float64Array
  readonly #names: Buffer
  readonly #slots = new Slots(memoryPages)
  #namesEnd = 0

  /** @param memory of `memoryBytes`, all zeros. */
  constructor(memory: ArrayBuffer, source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>) {
    this.#memory = memory
    this.all = new Float64Array(memory)
    this.#head = new Float64Array(memory, 0, memoryHeadBytes / 8)
    this.#names = Buffer.from(memory, memoryNamesAt, memoryNamesBytes)
    this.#head.set([source.pid, source.startSeconds, source.forkNumber], 2)
    const words = new Uint32Array(memory, 0, 4)
    words[1] = memoryVersion
    words[2] = byteOrder
    words[0] = memoryMagic
  }

  take(series: CountedSeries): Float64Array | undefined {
    const longest = Buffer.byteLength(nameText(memoryPages * 256, series))
    if (longest > crashFileLimits.crashNameBytes) return undefined
    if (this.#namesEnd + nameLengthBytes + longest > memoryNamesBytes) return undefined
    const size = numbersOf(series)
    const slot = this.#slots.take(size)
    if (slot === undefined) return undefined
    this.#announce(nameText(slot, series))
    return new Float64Array(this.#memory, valuesAt + 8 * slot, size)
  }

  /** The bytes first, and then their number: the reader takes no half of a name. */
  #announce(name: string): void {
    const at = this.#namesEnd
    const length = this.#names.write(name, at + nameLengthBytes)
    this.#names.writeUInt32LE(length, at)
    this.#namesEnd = at + nameLengthBytes + length
    this.#head[namesEndIndex] = this.#namesEnd
  }
}
