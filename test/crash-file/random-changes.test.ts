import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blockAt, headBytes, namesAt, pageBytes } from '../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import type { Value } from '../../src/model/metric.ts'
import { exchanged, forge } from '../support/crash-file/changed-file.ts'
import { valuesOf } from '../support/crash-file/worker-file.ts'
import { type History, writtenHistory } from '../support/crash-file/written-history.ts'
import { Random } from '../support/random.ts'

/*
 * The random numbers have a fixed seed, so that a failure is repeatable. Each test reads files with
 * random changes. The reader must not throw, and must return only values that a worker has written.
 */
describe('parseCrashFile() returns from a file with random changes', () => {
  test('the values of one of the last two writes, or refuses the file', async (context) => {
    const history = await writtenHistory(context)
    const random = new Random(20_261_121)
    const outcomes = { read: 0, refused: 0 }
    for (let count = 0; count < 2_000; count += 1) {
      const counts = parseCrashFile(mutated(history, random))
      outcomes[counts ? 'read' : 'refused'] += 1
      for (const [name, attributes, value] of valuesOf(counts?.metrics)) {
        const known = history.values.get(`${name} ${JSON.stringify(attributes)}`)
        assert.ok(known?.has(JSON.stringify(value)), `${name} was never ${JSON.stringify(value)}`)
      }
    }
    // Without both outcomes, the test would show nothing.
    assert.ok(outcomes.read > 100 && outcomes.refused > 100, JSON.stringify(outcomes))
  })

  test('no impossible value, although the checksums are valid', async (context) => {
    const { bytes } = await writtenHistory(context)
    const random = new Random(7)
    let read = 0
    for (let count = 0; count < 500; count += 1) {
      const counts = parseCrashFile(forged(bytes, random))
      const values = valuesOf(counts?.metrics).map(([, , value]) => value)
      if (values.length > 0) read += 1
      assert.ok(values.every(isPossible), JSON.stringify(values))
    }
    assert.ok(read > 100, `${read} read`)
  })
})

/** Changes that a damaged disk or another program can cause. */
function mutated({ bytes, other }: History, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  const at = place(random, changed.length)
  const length = 1 + random.below(random.pick([1, 8, 64, 4_096]))
  const end = Math.min(changed.length, at + length)
  const block = (): number => blockAt(random.below(2), random.below(2))
  const acts: readonly (() => unknown)[] = [
    () => flip(changed, at, random),
    () => changed.fill(random.below(256), at, end),
    () => changed.fill(0, at, end),
    () => changed.copyWithin(at, place(random, changed.length), changed.length - length),
    () => other.copy(changed, at, at, end),
    () => other.copy(changed, block(), blockAt(0, 0), blockAt(0, 1)),
    () => exchanged(changed, block(), block()),
    () => bytes.copy(changed, at, 0, end - at),
  ]
  if (random.chance(0.1)) return changed.subarray(0, at)
  if (random.chance(0.1)) return Buffer.concat([changed, Buffer.alloc(length, random.below(256))])
  random.pick(acts)()
  return changed
}

/** Returns an offset, mostly in a part of the file that is not zeros. */
function place(random: Random, length: number): number {
  const [from, to] = random.pick([
    [0, headBytes],
    [blockAt(0, 0), blockAt(0, 0) + 2_048],
    [blockAt(0, 1), blockAt(0, 1) + 2_048],
    [blockAt(1, 0), blockAt(1, 0) + pageBytes],
    [namesAt, length],
    [0, length],
  ] as const)
  return from + random.below(to - from)
}

function flip(bytes: Buffer, at: number, random: Random): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
}

function forged(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  const [slot, value] = [random.below(6), oddNumber(random)]
  for (const sequence of [0, 1]) forge(changed, { sequence, slot, value })
  return changed
}

function oddNumber(random: Random): number {
  return random.pick([
    random.below(1_000_000),
    -random.below(10),
    random.next(),
    2 ** 53,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
  ])
}

function isPossible(value: Value): boolean {
  const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0
  if (typeof value === 'number') return isCount(value)
  if (!('counts' in value)) return false
  const total = value.counts.reduce((sum, count) => sum + count, 0)
  return (
    value.counts.every(isCount) && total === value.count && value.sum >= 0 && value.sum < Infinity
  )
}
