import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, test } from 'node:test'
import { type CountPlaces, crashKeys } from '../../../src/collect/counts/count-places.ts'
import { newEndedRequest } from '../../../src/collect/counts/ended-request.ts'
import { RequestCounts } from '../../../src/collect/counts/request-counts.ts'
import { RouteCounts } from '../../../src/collect/counts/route-counts.ts'
import {
  memoryBytes,
  memoryHeadBytes,
  memoryNamesAt,
  memoryNamesBytes,
  memoryPages,
  nameLengthBytes,
  namesEndIndex,
  pageStride,
  valuesAt,
} from '../../../src/crash-file/memory/memory-layout.ts'
import { crashFileLimits } from '../../../src/limits/crash-file.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import type { Value } from '../../../src/model/metric.ts'
import {
  metricsOf,
  numbersOf,
  type OwnMemory,
  ownMemory,
  type Parsed,
  parsed,
} from '../../support/crash-file/memory.ts'
import { failure, source, valuesOf } from '../../support/crash-file/worker-file.ts'
import { Random } from '../../support/random.ts'

/*
 * The random numbers have a fixed seed, so that a failure is repeatable.
 */
describe('parseMemory() of a worker that died', () => {
  test('between two stores of a request: each number is from before or after the request', () => {
    const { memory, read } = ownMemory()
    const cuts: ReturnType<typeof numbersOf>[] = []
    const places: CountPlaces = {
      take(series) {
        const numbers = memory.take(series)
        return numbers && observed(numbers, () => cuts.push(numbersOf(read())))
      },
    }
    const counts = new RequestCounts([0.1, 1], { routes: new RouteCounts({ hasSizes: true }) })
    counts.moveTo(places)
    const random = new Random(17)
    let before = numbersOf(read())
    let stores = 0
    for (let request = 0; request < 200; request += 1) {
      addRequest(counts, random)
      const after = numbersOf(read())
      assert.ok(cuts.length > 5, `${cuts.length} stores`)
      stores += cuts.length
      for (const cut of cuts) assertBetween(cut, before, after)
      before = after
      cuts.length = 0
    }
    assert.ok(stores > 2_000, `${stores} stores`)
    assert.equal(before.get('gunicorn_worker_requests_total {}'), 200)
  })

  test('at each byte of a new name: all earlier series, and not the new one', () => {
    const { buffer, memory, read } = ownMemory()
    memory.take({ key: 'requests', attributes: {} })?.fill(7)
    const bytes = new Uint8Array(buffer)
    const before = bytes.slice()
    memory.take({ key: 'failedRequests', attributes: failure('/größe') })?.fill(3)
    const after = bytes.slice()
    const changed = [...after.keys()].filter(
      (at) => at >= memoryNamesAt && before[at] !== after[at],
    )
    assert.ok(changed.length > 50)
    bytes.set(before)
    for (const at of [undefined, ...changed]) {
      if (at !== undefined) bytes[at] = after[at] ?? 0
      assert.deepEqual(valuesOf(metricsOf(read())), [['gunicorn_worker_requests_total', {}, 7]])
    }
    bytes.set(after.subarray(0, memoryHeadBytes))
    // The name is whole. The series has no count yet.
    assert.equal(metricsOf(read()).length, 1)
    bytes.set(after)
    assert.equal(metricsOf(read()).length, 2)
  })

  test('before the head was whole: the memory is unused', () => {
    const { buffer } = ownMemory()
    const bytes = new Uint8Array(buffer)
    bytes.fill(0, 0, 4)
    assert.equal(parsed(buffer), 'unused')
    assert.equal(parsed(new ArrayBuffer(memoryBytes)), 'unused')
  })

  test('after it filled its memory: all series with room', () => {
    const { memory, read } = ownMemory()
    const bounds = Array.from({ length: 250 }, (_, index) => index)
    let taken = 0
    for (let index = 0; ; index += 1) {
      const series = { key: 'requestSize', attributes: {}, bounds } as const
      const numbers =
        index === 0
          ? memory.take(series)
          : memory.take({ key: 'failedRequests', attributes: failure(`/${index}`) })
      if (!numbers) break
      numbers.fill(1)
      taken += 1
    }
    assert.ok(taken > 10_000, `${taken} series`)
    assert.equal(metricsOf(read()).length, taken)
  })
})

describe('parseMemory() of a hostile worker', () => {
  const heads: Record<string, (numbers: Float64Array, words: Uint32Array) => void> = {
    'another magic': (_, words) => words.set([1], 0),
    'another version': (_, words) => words.set([99], 1),
    'another byte order': (_, words) => words.set([0x04_03_02_01], 2),
    'a pid that is no number': (numbers) => numbers.set([Number.NaN], 2),
    'a start before 1970': (numbers) => numbers.set([-1], 3),
    'half a fork number': (numbers) => numbers.set([0.5], 4),
    'names behind the end': (numbers) => numbers.set([memoryBytes], namesEndIndex),
    'names of NaN bytes': (numbers) => numbers.set([Number.NaN], namesEndIndex),
    'names that end within a name': (numbers) => numbers.set([7], namesEndIndex),
    'names that end within a length': (numbers) => numbers.set([3], namesEndIndex),
    'a million empty names': (numbers) => {
      new Uint8Array(numbers.buffer, memoryNamesAt).fill(0)
      numbers.set([memoryNamesBytes], namesEndIndex)
    },
  }
  for (const [what, change] of Object.entries(heads)) {
    test(`refuses ${what}`, () => {
      const { buffer, memory, read } = ownMemory()
      memory.take({ key: 'requests', attributes: {} })?.fill(7)
      change(new Float64Array(buffer, 0, memoryHeadBytes / 8), new Uint32Array(buffer, 0, 4))
      assert.equal(read(), 'refused')
    })
  }

  const names: Record<string, string> = {
    'text that is no JSON': '[0,',
    'a metric that no worker counts': '[0,"workers",{}]',
    'the slot of another series': '[1,"requests",{}]',
    'a label of another metric': '[0,"requests",{"worker_id":"1"}]',
    'a histogram without bounds': '[0,"requestSize",{}]',
    'bounds that descend': '[0,"requestSize",{},[2,1]]',
    'more slots than the memory has': `[0,"requestSize",{},[${[...Array(254).keys()].join()}]]`,
  }
  for (const [what, text] of Object.entries(names)) {
    test(`refuses ${what}`, () => {
      const own = ownMemory()
      addName(own, text)
      assert.equal(own.read(), 'refused')
    })
  }

  test('refuses a name above crashFileLimits.crashNameBytes, and a repeated name', () => {
    const long = ownMemory()
    addName(long, `[0,"requests",{}]${' '.repeat(crashFileLimits.crashNameBytes)}`)
    assert.equal(long.read(), 'refused')
    const twice = ownMemory()
    addName(twice, '[0,"requests",{}]')
    addName(twice, '[1,"requests",{}]')
    assert.equal(twice.read(), 'refused')
  })

  test('takes no impossible value from memory with random changes', () => {
    const random = new Random(20_261_129)
    const outcomes = { read: 0, refused: 0 }
    const own = writtenMemory()
    const kept = new Uint8Array(own.buffer).slice()
    for (let count = 0; count < 1_500; count += 1) {
      const bytes = new Uint8Array(own.buffer)
      bytes.set(kept.subarray(0, valuesAt + 4_096))
      bytes.set(kept.subarray(memoryNamesAt, memoryNamesAt + 4_096), memoryNamesAt)
      spoil(own.buffer, random)
      outcomes[judged(own.read())] += 1
    }
    // Without both outcomes, the test would show nothing.
    assert.ok(outcomes.read > 100 && outcomes.refused > 100, JSON.stringify(outcomes))
  })
})

test('The layout of the memory keeps its numbers as long as it keeps its version', () => {
  assert.deepEqual(
    [memoryBytes, memoryHeadBytes, memoryNamesAt, memoryPages, pageStride, valuesAt],
    [6_295_552, 48, 2_101_248, 1_024, 256, 4_096],
  )
  assert.deepEqual([namesEndIndex, nameLengthBytes], [5, 4])
})

/** Calls back after each store. */
function observed(numbers: Float64Array, onStore: () => void): Float64Array {
  return new Proxy(numbers, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set(target, key, value) {
      Reflect.set(target, key, value)
      onStore()
      return true
    },
  })
}

function addRequest(counts: RequestCounts, random: Random): void {
  const active = counts.start(random.pick(['GET', 'POST']), false)
  const status = random.pick([200, 200, 404, 500])
  counts.add({
    ...newEndedRequest(),
    ...{ active, status, route: random.pick(['/a', '/b', '/c']), seconds: random.next() },
    ...{ requestBytes: random.below(100), responseBytes: random.below(1_000_000) },
    errorType: status === 500 ? random.pick([undefined, 'TypeError', 'RangeError']) : undefined,
    abort: random.chance(0.1) ? 'aborted' : undefined,
  })
}

type Numbers = ReturnType<typeof numbersOf>

function assertBetween(cut: Numbers, before: Numbers, after: Numbers): void {
  for (const name of before.keys()) assert.ok(cut.has(name), `${name} is lost`)
  for (const [name, value] of cut) {
    const allowed = [before.get(name) ?? 0, after.get(name)]
    assert.ok(allowed.includes(value), `${name} is ${value}, not ${allowed}`)
  }
}

function addName({ buffer }: OwnMemory, text: string): void {
  const head = new Float64Array(buffer, 0, memoryHeadBytes / 8)
  const end = head[namesEndIndex] ?? 0
  const names = Buffer.from(buffer, memoryNamesAt)
  const length = names.write(text, end + nameLengthBytes)
  names.writeUInt32LE(length, end)
  head[namesEndIndex] = end + nameLengthBytes + length
}

function writtenMemory(): OwnMemory {
  const own = ownMemory()
  const counts = new RequestCounts([0.1, 1], { routes: new RouteCounts({ hasSizes: true }) })
  counts.moveTo(own.memory)
  const random = new Random(3)
  for (let request = 0; request < 20; request += 1) addRequest(counts, random)
  assert.deepEqual(own.read(), own.read())
  const counted = own.read()
  assert.ok(typeof counted === 'object')
  assert.deepEqual(counted.source, { role: 'worker', ...source })
  return own
}

function spoil(buffer: ArrayBuffer, random: Random): void {
  const bytes = new Uint8Array(buffer)
  const odd = [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0]
  const number = (): number => (random.chance(0.1) ? random.pick(odd) : random.below(1_000))
  const acts = [
    () => new Float64Array(buffer, valuesAt, 300).set([number()], random.below(300)),
    () => new Float64Array(buffer, 0, 6).set([number()], random.pick([2, 3, 4, 4, 3, 5])),
    () => bytes.set([random.below(256)], memoryNamesAt + random.below(3_000)),
  ]
  for (let change = 0; change < 1 + random.below(3); change += 1) {
    random.pick([acts[0], acts[0], acts[0], ...acts])?.()
  }
}

/** Throws for an impossible value. */
function judged(counts: Parsed): 'read' | 'refused' {
  if (typeof counts === 'string') return 'refused'
  for (const { descriptor, points } of counts.metrics) {
    assert.ok(crashKeys.some((key) => catalog[key].name === descriptor.name))
    assert.ok(
      points.every(({ value }) => isPossible(value)),
      JSON.stringify(points),
    )
  }
  return 'read'
}

function isPossible(value: Value): boolean {
  const isCount = (number: number): boolean => Number.isSafeInteger(number) && number >= 0
  if (typeof value === 'number') return isCount(value)
  if (!('counts' in value)) return false
  return value.counts.every(isCount) && value.sum >= 0 && value.sum < Number.POSITIVE_INFINITY
}
