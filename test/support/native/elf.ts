/** What the dynamic linker of Linux reads of a library: 64 bits, little-endian. */
export interface Elf {
  readonly machine: number
  /** Libraries that the file needs. */
  readonly needed: readonly string[]
  /** In the order of the alphabet, as the exported names. */
  readonly imported: readonly string[]
  readonly exported: readonly string[]
  /** Whether the linker resolves every function at the load. */
  readonly bindsNow: boolean
  /** Whether a part of the file is both writable and executable. */
  readonly isWritableCode: boolean
}

const dynamicType = 2
const symbolsType = 11
const [neededTag, flagsTag, bindNow] = [1n, 30n, 8n]
const [writable, executable] = [2, 1]

export function parseElf(bytes: Buffer): Elf {
  if (bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error('no ELF file')
  const sections = tableOf(bytes, { start: bytes.readBigUInt64LE(40), sizeAt: 58 })
  const segments = tableOf(bytes, { start: bytes.readBigUInt64LE(32), sizeAt: 54 })
  const symbols = sections.find((each) => each.readUInt32LE(4) === symbolsType)
  const texts = symbols && sections[symbols.readUInt32LE(40)]
  const dynamic = segments.find((each) => each.readUInt32LE(0) === dynamicType)
  if (!symbols || !texts || !dynamic) throw new Error('no dynamic library')
  const textAt = (offset: number): string => {
    const start = Number(texts.readBigUInt64LE(24)) + offset
    return bytes.toString('latin1', start, bytes.indexOf(0, start))
  }
  const names = rows(part(bytes, symbols, 24), 24).map((row) => ({
    name: textAt(row.readUInt32LE(0)),
    isDefined: row.readUInt16LE(6) !== 0,
  }))
  const entries = rows(part(bytes, dynamic, 8), 16).map((row) => ({
    tag: row.readBigUInt64LE(0),
    value: row.readBigUInt64LE(8),
  }))
  const needed = entries.filter(({ tag }) => tag === neededTag)
  return {
    machine: bytes.readUInt16LE(18),
    needed: needed.map(({ value }) => textAt(Number(value))),
    imported: names
      .filter(({ name, isDefined }) => name !== '' && !isDefined)
      .map(nameOf)
      .sort(),
    exported: names
      .filter(({ isDefined }) => isDefined)
      .map(nameOf)
      .sort(),
    bindsNow: entries.some(({ tag, value }) => tag === flagsTag && (value & bindNow) !== 0n),
    isWritableCode: segments.some((each) => {
      const flags = each.readUInt32LE(4)
      return (flags & writable) !== 0 && (flags & executable) !== 0
    }),
  }
}

/** The table of sections or of segments. The count follows the size of a row. */
function tableOf(bytes: Buffer, table: { start: bigint; sizeAt: number }): Buffer[] {
  const size = bytes.readUInt16LE(table.sizeAt)
  const count = bytes.readUInt16LE(table.sizeAt + 2)
  const start = Number(table.start)
  return rows(bytes.subarray(start, start + count * size), size)
}

/** The bytes that a row of a table describes. @param at where the row has the place. */
function part(bytes: Buffer, row: Buffer, at: number): Buffer {
  const start = Number(row.readBigUInt64LE(at))
  // A segment has its address twice between the place and the size.
  const size = Number(row.readBigUInt64LE(at === 8 ? 32 : at + 8))
  return bytes.subarray(start, start + size)
}

function rows(bytes: Buffer, size: number): Buffer[] {
  const count = Math.floor(bytes.length / size)
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}
