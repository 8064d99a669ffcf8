import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/** Architectures of Node with words of 4 bytes. */
const narrow = new Set<string>(['arm', 'ia32', 'mips', 'mipsel'])

/** `AT_PAGESZ` in the auxiliary vector of a process (getauxval(3)). */
const pageSizeKey = 6n

/**
 * The unit of page counts in `/proc`, bytes: 4,096 on most machines, more on some with ARM.
 * @param vector default: the auxiliary vector of this process.
 * @returns undefined where the system has no auxiliary vector.
 */
export function pageSize(vector: Buffer | undefined = ownVector()): number | undefined {
  if (!vector) return undefined
  const width = narrow.has(process.arch) ? 4 : 8
  const words = wordsOf(vector, width)
  for (let index = 0; index + 1 < words.length; index += 2) {
    if (words[index] === pageSizeKey) return Number(words[index + 1])
  }
  return undefined
}

function ownVector(): Buffer | undefined {
  try {
    return readFileSync('/proc/self/auxv')
  } catch {
    return undefined
  }
}

function wordsOf(vector: Buffer, width: 4 | 8): bigint[] {
  const isLittle = endianness() === 'LE'
  const view = new DataView(vector.buffer, vector.byteOffset, vector.length)
  return Array.from({ length: Math.floor(vector.length / width) }, (_, index) =>
    width === 8
      ? view.getBigUint64(8 * index, isLittle)
      : BigInt(view.getUint32(4 * index, isLittle)),
  )
}
