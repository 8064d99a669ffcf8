import assert from 'node:assert/strict'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { CountedSeries } from '../../../../src/collect/counts/count-places.ts'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  checksum,
  crc32,
  headBytes,
  headChecksumAt,
  headSeed,
  nameHeadBytes,
  namesAt,
  pageBytes,
  seedOf,
} from '../../../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../../../src/crash-file/reader.ts'
import { CrashFile } from '../../../../src/crash-file/writer.ts'
import { crashFileLimits } from '../../../../src/limits/crash-file.ts'
import type { HistogramValue, Value } from '../../../../src/model/metric.ts'
import { failure, source, valuesOf } from '../../crash-file/worker-file.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { oddJson, oddNumbers, oddText } from '../odd-values.ts'

/** A change of a valid file. */
interface Change {
  readonly act: keyof typeof changes
  readonly at: number
  readonly length: number
  readonly byte: number
}

/** A change with the right checksums: the writer is hostile, or its memory is broken. */
interface Forgery {
  readonly part: 'head' | 'value' | 'slots' | 'turn' | 'name'
  readonly place: number
  readonly number: number
  readonly name: unknown
}

interface Input {
  readonly changes: readonly Change[]
  readonly forgeries: readonly Forgery[]
}

interface Written {
  readonly bytes: Buffer
  /** The values of the last two writes, by series. */
  readonly values: ReadonlyMap<string, readonly Value[]>
}

const changes = {
  flip: (file, { at, byte }) => file.writeUInt8((file[at] ?? 0) ^ (1 << (byte % 8)), at),
  fill: (file, { at, length, byte }) => file.fill(byte, at, Math.min(file.length, at + length)),
  zero: (file, { at, length }) => file.fill(0, at, Math.min(file.length, at + length)),
  move: (file, { at, length, byte }) => file.copyWithin(at, byte * 97, byte * 97 + length),
  number: (file, { at, byte }) => {
    const word = at - (at % 4)
    if (word + 4 <= file.length) file.writeUInt32LE(0xff_ff_ff_ff >>> (byte % 32), word)
  },
  swap: (file, { at, byte }) => {
    const [one, other] = [blockAt(at % 4, at), blockAt(byte % 4, byte)]
    const kept = Buffer.from(file.subarray(one, one + blockBytes))
    file.copyWithin(one, other, other + blockBytes)
    kept.copy(file, other)
  },
  version: (file, { byte }) => file.writeUInt32LE(byte % 6, 4),
} as const satisfies Record<string, (file: Buffer, change: Change) => unknown>

/** Offsets, most of them in a part of the file that is not zeros. */
const offsets = fc.oneof(
  fc.nat({ max: headBytes - 1 }),
  fc.nat({ max: pageBytes - 1 }).map((at) => at + blockAt(0, 0)),
  fc.nat({ max: pageBytes - 1 }).map((at) => at + blockAt(1, 0)),
  fc.nat({ max: 800 }).map((at) => at + namesAt),
)

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  changes: fc.array(
    fc.record<Change>({
      act: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
      at: offsets,
      length: fc.oneof(fc.nat({ max: 16 }), fc.nat({ max: 4_096 })),
      byte: fc.nat({ max: 255 }),
    }),
    { maxLength: 3 },
  ),
  forgeries: fc.array(
    fc.record<Forgery>({
      part: fc.constantFrom('head', 'value', 'slots', 'turn', 'name'),
      place: fc.nat({ max: 300 }),
      number: oddNumbers,
      name: fc.oneof(
        fc.tuple(oddNumbers, fc.constantFrom('requests', 'failedRequests'), oddJson, oddJson),
        fc.tuple(fc.nat({ max: 9 }), fc.constant('httpRequestDuration'), fc.constant({}), oddJson),
        oddJson,
      ),
    }),
    { maxLength: 2 },
  ),
})

/** The bytes of crash files. */
export const crashFilesTarget: FuzzTarget = fuzzTarget({
  name: 'crash-files',
  claim: 'a damaged crash file gives written values or nothing, and a forged one possible values',
  quickCases: 1_500,
  inputs,
  start() {
    const written = [writtenFile(0), writtenFile(80)]
    return { check: (input) => checkFile(input, written) }
  },
})

function checkFile(input: Input, files: readonly Written[]): void {
  for (const { bytes, values } of files) {
    const found = valuesOf(parseCrashFile(changed(bytes, input))?.metrics)
    for (const [, , value] of found) assertPossible(value)
    if (input.forgeries.length === 0) assertWritten(found, values)
  }
}

function changed(bytes: Buffer, { forgeries, changes: made }: Input): Buffer {
  const file = Buffer.from(bytes)
  for (const forgery of forgeries) forge(file, forgery)
  for (const change of made) changes[change.act](file, change)
  const cut = made.find(({ byte }) => byte % 5 === 0)
  return cut ? file.subarray(0, cut.at) : file
}

function assertWritten(found: ReturnType<typeof valuesOf>, values: Written['values']): void {
  for (const [name, attributes, value] of found) {
    const known = values.get(`${name} ${JSON.stringify(attributes)}`) ?? []
    const isKnown = known.some((each) => JSON.stringify(each) === JSON.stringify(value))
    assert.ok(isKnown, `${name} was never ${JSON.stringify(value)}`)
  }
}

function assertPossible(value: Value): void {
  const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0
  if (typeof value === 'number') {
    assert.ok(isCount(value), String(value))
    return
  }
  const { count, sum, counts } = value as HistogramValue
  assert.ok([count, ...counts].every(isCount) && sum >= 0 && Number.isFinite(sum))
  assert.equal(
    counts.reduce((total, each) => total + each, 0),
    count,
  )
}

function forge(file: Buffer, { part, place, number, name }: Forgery): void {
  if (part === 'head') {
    file.writeDoubleLE(number, 16 + 8 * (place % 3))
    file.writeUInt32LE(
      checksum(file.subarray(0, headBytes), headChecksumAt, headSeed),
      headChecksumAt,
    )
  } else if (part === 'name') forgeName(file, name)
  else {
    const [page, half] = [place % 2, (place >>> 1) % 2]
    const at = blockAt(page, half)
    if (part === 'value') file.writeDoubleLE(number, at + blockHeadBytes + 8 * (place % 250))
    if (part === 'slots') file.writeUInt32LE(Math.abs(Math.trunc(number)) % 2 ** 32, at + 4)
    if (part === 'turn') file.writeDoubleLE(number, at + 8 + 8 * (place % 2))
    sealBlock(file, page, at)
  }
}

function sealBlock(file: Buffer, page: number, at: number): void {
  const used = Math.min(file.readUInt32LE(at + 4), 253)
  const block = file.subarray(at, at + blockBytes)
  const seed = seedOf(page, file.readUInt32LE(12))
  file.writeUInt32LE(checksum(block, blockHeadBytes + 8 * used, seed), at)
}

/** In place of the first name. */
function forgeName(file: Buffer, name: unknown): void {
  const text = Buffer.from(oddText(name)).subarray(0, crashFileLimits.crashNameBytes)
  if (namesAt + nameHeadBytes + text.length > file.length) return
  file.writeUInt32LE(text.length, namesAt + 4)
  text.copy(file, namesAt + nameHeadBytes)
  file.writeUInt32LE(crc32(text, seedOf(text.length, file.readUInt32LE(12))), namesAt)
}

/** A file after three writes. @param more further series, which take further pages. */
function writtenFile(more: number): Written {
  const parent = mkdtempSync(join(tmpdir(), 'fuzz-crash-files-'))
  try {
    const path = join(parent, 'counts')
    const file = new CrashFile(openSync(path, 'wx+'), source, 4_711)
    const values = new Map<string, Value[]>()
    const placed = placedIn(file, more)
    for (const round of [1, 2, 3]) {
      for (const numbers of placed) {
        numbers.set(numbers.map((_, index) => round * (index + 1)))
        file.touch(numbers)
      }
      file.flush()
      // One of the last two writes is whole.
      if (round > 1) addValues(values, path)
    }
    file.close()
    return { bytes: readFileSync(path), values }
  } finally {
    rmSync(parent, { recursive: true })
  }
}

function addValues(values: Map<string, Value[]>, path: string): void {
  for (const [name, attributes, value] of valuesOf(parseCrashFile(readFileSync(path))?.metrics)) {
    const series = `${name} ${JSON.stringify(attributes)}`
    values.set(series, [...(values.get(series) ?? []), value])
  }
}

function placedIn(file: CrashFile, more: number): Float64Array[] {
  const names: CountedSeries[] = [
    { key: 'requests', attributes: {} },
    { key: 'requestSize', attributes: {}, bounds: [10, 20] },
    { key: 'failedRequests', attributes: failure('/') },
    { key: 'requestDuration', attributes: {}, bounds: Array.from({ length: 200 }, (_, at) => at) },
    ...Array.from({ length: more }, (_, index): CountedSeries => {
      return { key: 'failedRequests', attributes: failure(`/${index}`) }
    }),
  ]
  return names.map((name) => file.take(name) ?? assert.fail('no room'))
}
