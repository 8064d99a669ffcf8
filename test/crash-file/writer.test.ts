import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  checksum,
  crashVersion,
  headBytes,
  headChecksumAt,
  headSeed,
  namesAt,
  pageBytes,
  seedOf,
} from '../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import { CrashFiles } from '../../src/crash-file/store.ts'
import type { CrashFile, CrashName } from '../../src/crash-file/writer.ts'
import { collectLimits } from '../../src/limits/collect.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'
import type { Attributes, Metric, Value } from '../../src/model/metric.ts'
import { primaryDirectory } from '../../src/relay/last-report/primary-directory.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { Random } from '../support/random.ts'

const primaryPid = 4_711
const source = { pid: 4_001, startSeconds: 1_700_000_000, forkNumber: 1 }

describe('CrashFile', () => {
  test('stores counters and histograms, which the reader returns', async (context) => {
    const worker = await startedWorker(context)
    const requests = worker.place({ key: 'requests', attributes: {} })
    const sizes = worker.place({ key: 'requestSize', attributes: {}, bounds: [10, 20] })
    const labels = { method: 'GET', endpoint: '/größe/😀\ud800', error_type: 'E', status_code: '' }
    const failed = worker.place({ key: 'failedRequests', attributes: labels })
    worker.file.store(requests, 7)
    worker.file.store(sizes, 12.5)
    worker.file.storeAll(sizes + 1, new Float64Array([1, 0, 2]))
    worker.file.store(failed, 3)
    worker.file.flush()
    const counts = worker.read()
    assert.deepEqual(counts?.source, { role: 'worker', ...source })
    assert.deepEqual(valuesOf(counts?.metrics), [
      ['gunicorn_worker_requests_total', {}, 7],
      ['gunicorn_worker_request_size_bytes', {}, { count: 3, sum: 12.5, counts: [1, 0, 2] }],
      ['gunicorn_worker_failed_requests_total', labels, 3],
    ])
  })

  test('has the state before the last write if the last block is damaged', async (context) => {
    const worker = await startedWorker(context)
    const slot = worker.place({ key: 'requests', attributes: {} })
    for (let value = 1; value <= 10; value += 1) {
      worker.file.store(slot, value)
      worker.file.flush()
    }
    assert.deepEqual(valuesOf(worker.read()?.metrics), [['gunicorn_worker_requests_total', {}, 10]])
    const torn = readFileSync(worker.path)
    torn.fill(1, blockAt(0, 10) + 20, blockAt(0, 10) + 23)
    assert.deepEqual(valuesOf(parseCrashFile(torn)?.metrics), [
      ['gunicorn_worker_requests_total', {}, 9],
    ])
    torn.fill(1, blockAt(0, 9) + 20, blockAt(0, 9) + 23)
    assert.equal(parseCrashFile(torn), undefined)
  })

  test('has no metrics before the first count', async (context) => {
    const worker = await startedWorker(context)
    assert.deepEqual(worker.read()?.metrics, [])
  })

  test('takes series while it has room, and mixes up no values', async (context) => {
    const worker = await startedWorker(context)
    const names: [CrashName, number][] = []
    for (let index = 0; ; index += 1) {
      // Histograms leave gaps at the end of a page.
      const bounds = Array.from({ length: 50 }, (_, place) => place + 1)
      const name: CrashName =
        index < 3
          ? { key: histograms[index] ?? 'requestSize', attributes: {}, bounds }
          : { key: 'failedRequests', attributes: failure(`/${index}`) }
      const slot = worker.file.place(name)
      if (slot === undefined) break
      worker.file.store(slot, index + 1)
      names.push([name, index + 1])
    }
    worker.file.flush()
    const values = valuesOf(worker.read()?.metrics)
    assert.ok(values.length > 2 * collectLimits.errorSeries, `${values.length} series`)
    assert.deepEqual(
      values.map(([, attributes, value]) => [
        attributes,
        typeof value === 'object' ? value.sum : value,
      ]),
      names.map(([name, value]) => [name.attributes, value]),
    )
  })

  test('leaves out a series whose labels are too long', async (context) => {
    const worker = await startedWorker(context)
    const endless = 'x'.repeat(crashFileLimits.crashNameBytes)
    assert.equal(
      worker.file.place({ key: 'failedRequests', attributes: failure(endless) }),
      undefined,
    )
    assert.equal(worker.place({ key: 'requests', attributes: {} }), 0)
  })
})

describe('The reader finds in place of a crash file', () => {
  const rows: readonly [
    what: string,
    put: (path: string) => void,
    outcome: 'missing' | 'refused',
  ][] = [
    ['nothing', () => {}, 'missing'],
    ['an empty file', (path) => writeFileSync(path, ''), 'missing'],
    ['a text', (path) => writeFileSync(path, 'GPXC'.repeat(100_000)), 'refused'],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), 'refused'],
    ['a directory', (path) => mkdirSync(path), 'refused'],
    ['a link', (path) => symlinkSync('/etc/passwd', path), 'refused'],
    ['a file that is too large', (path) => longFile(path), 'refused'],
  ]
  for (const [what, put, outcome] of rows) {
    test(`${what}, which is ${outcome}`, async (context) => {
      const { files, path } = await prepared(context)
      put(path)
      assert.equal(files.take(1), outcome)
    })
  }

  const changes: readonly [what: string, change: (bytes: Buffer) => Buffer][] = [
    ['a future version', (bytes) => resealed(bytes, 1, crashVersion + 1)],
    ['another byte order', (bytes) => resealed(bytes, 2, 0x04_03_02_01)],
    ['another magic', (bytes) => resealed(bytes, 0, 1)],
    ['no names', (bytes) => bytes.subarray(0, namesAt)],
    ['half a name', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['half a page', (bytes) => bytes.subarray(0, pageBytes + 100)],
    ['half a head', (bytes) => bytes.subarray(0, 20)],
    [
      'pages in another order',
      (bytes) =>
        exchanged(exchanged(bytes, blockAt(0, 0), blockAt(1, 0)), blockAt(0, 1), blockAt(1, 1)),
    ],
    ['blocks in another order', (bytes) => exchanged(bytes, blockAt(0, 0), blockAt(0, 1))],
  ]
  for (const [what, change] of changes) {
    test(`${what}, and refuses the file`, async (context) => {
      const bytes = await writtenFile(context)
      assert.ok(parseCrashFile(bytes))
      assert.equal(parseCrashFile(change(Buffer.from(bytes))), undefined)
    })
  }

  const impossible: readonly (readonly [what: string, slot: number, value: number])[] = [
    ['a negative count', 0, -1],
    ['a fraction', 0, 1.5],
    ['NaN', 0, Number.NaN],
    ['infinity', 0, Number.POSITIVE_INFINITY],
    ['a bucket below zero', 2, -1],
    ['a sum that is NaN', 1, Number.NaN],
    ['a sum below zero', 1, -1],
  ]
  for (const [what, slot, value] of impossible) {
    test(`${what} with a valid checksum, and refuses the file`, async (context) => {
      const bytes = await writtenFile(context)
      for (const sequence of [0, 1]) forge(bytes, { sequence, slot, value })
      assert.equal(parseCrashFile(bytes), undefined)
    })
  }
})

describe('CrashFiles', () => {
  test('returns a file once, and removes it', async (context) => {
    const { files, path, directory } = await prepared(context)
    assert.ok(files.create(source))
    assert.equal(typeof files.take(1), 'object')
    assert.deepEqual(readdirSync(directory), [])
    symlinkSync('/etc/passwd', path)
    assert.equal(files.take(1), 'refused')
    assert.deepEqual(readdirSync(directory), [])
  })

  test('keeps the files if keepsFiles is true', async (context) => {
    const { parent } = await prepared(context)
    const files = new CrashFiles({ parent, primaryPid, keepsFiles: true })
    files.create(source)?.close()
    assert.equal(typeof files.take(1), 'object')
    assert.equal(typeof files.take(1), 'object')
  })

  test('makes no file before a primary has prepared the directory', async (context) => {
    const parent = await temporaryDirectory(context)
    const files = new CrashFiles({ parent, primaryPid, keepsFiles: false })
    assert.equal(files.create(source), undefined)
    assert.deepEqual(readdirSync(parent), [])
  })

  test('replaces a symbolic link, and does not follow it', async (context) => {
    const { files, path, parent } = await prepared(context)
    const victim = join(parent, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, path)
    assert.ok(files.create(source))
    assert.equal(readFileSync(victim, 'utf8'), 'precious')
  })
})

/*
 * The random numbers have a fixed seed, so that a failure is repeatable. Each test reads files with
 * random changes. The reader must not throw, and must not return a value that no worker has written.
 */
describe('The reader returns from files with random changes', () => {
  test('the values of one of the last two writes, or refuses the file', async (context) => {
    const history = await writtenHistory(context)
    const random = new Random(20_261_121)
    const outcomes = { read: 0, refused: 0 }
    for (let count = 0; count < 9_000; count += 1) {
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
    for (let count = 0; count < 2_000; count += 1) {
      const counts = parseCrashFile(forged(bytes, random))
      const values = valuesOf(counts?.metrics).map(([, , value]) => value)
      if (values.length > 0) read += 1
      assert.ok(values.every(isPossible), JSON.stringify(values))
    }
    assert.ok(read > 100, `${read} read`)
  })
})

const histograms = ['requestDuration', 'requestSize', 'responseSize'] as const

interface History {
  /** The file after the last write. */
  readonly bytes: Buffer
  /** The file of another worker with the same fork number. */
  readonly other: Buffer
  /** The values of each series at the last two writes. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>
}

async function writtenHistory(context: TestContext): Promise<History> {
  const [first, second] = [await startedWorker(context), await startedWorker(context)]
  const states = [1, 2, 3].map((round) => {
    for (const worker of [first, second]) countRound(worker, round)
    return valuesOf(first.read()?.metrics)
  })
  const values = new Map<string, Set<string>>()
  for (const [name, attributes, value] of states.slice(-2).flat()) {
    const key = `${name} ${JSON.stringify(attributes)}`
    values.set(key, (values.get(key) ?? new Set()).add(JSON.stringify(value)))
  }
  return { bytes: readFileSync(first.path), other: readFileSync(second.path), values }
}

/** Adds to the same series in each round. The series take two pages. */
function countRound({ file, placed }: Worker, round: number): void {
  const slot = (name: CrashName): number => {
    const key = JSON.stringify(name)
    const known = placed.get(key) ?? file.place(name) ?? assert.fail('no room')
    placed.set(key, known)
    return known
  }
  const histogram = (key: CrashName['key'], bounds: readonly number[]): void => {
    const first = slot({ key, attributes: {}, bounds })
    file.store(first, round * 12.5)
    const counts = Array.from({ length: bounds.length + 1 }, (_, index) => round * (index + 1))
    file.storeAll(first + 1, new Float64Array(counts))
  }
  file.store(slot({ key: 'requests', attributes: {} }), round * 100)
  histogram('requestSize', [10, 20])
  histogram(
    'requestDuration',
    Array.from({ length: 240 }, (_, index) => index),
  )
  histogram('responseSize', [10, 20])
  for (const path of ['/', '/a']) {
    file.store(slot({ key: 'failedRequests', attributes: failure(path) }), round + path.length)
  }
  file.flush()
}

/** Damages that a disk or another program may do. */
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

function exchanged(bytes: Buffer, left: number, right: number): Buffer {
  const kept = Buffer.from(bytes.subarray(left, left + blockBytes))
  bytes.copy(bytes, left, right, right + blockBytes)
  kept.copy(bytes, right)
  return bytes
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

interface Forgery {
  readonly sequence: number
  readonly slot: number
  readonly value: number
}

/** Changes a number of the first page, and updates the checksum. */
function forge(bytes: Buffer, { sequence, slot, value }: Forgery): void {
  const block = new Uint8Array(
    bytes.subarray(blockAt(0, sequence), blockAt(0, sequence) + blockBytes),
  )
  const words = new Uint32Array(block.buffer)
  new Float64Array(block.buffer)[2 + slot] = value
  const seed = seedOf(
    0,
    new Uint32Array(new Uint8Array(bytes.subarray(0, headBytes)).buffer)[3] ?? 0,
  )
  words[0] = checksum(block, blockHeadBytes + 8 * (words[1] ?? 0), seed)
  bytes.set(block, blockAt(0, sequence))
}

/** Changes a word of the head, and updates the checksum. */
function resealed(bytes: Buffer, word: number, value: number): Buffer {
  const head = new Uint8Array(bytes.subarray(0, headBytes))
  const words = new Uint32Array(head.buffer)
  words[word] = value
  words[headChecksumAt / 4] = checksum(head, headChecksumAt, headSeed)
  bytes.set(head)
  return bytes
}

interface Worker {
  readonly file: CrashFile
  readonly path: string
  readonly placed: Map<string, number>
  /** Returns the slot of a new series. Throws if the series has no room. */
  readonly place: (name: CrashName) => number
  readonly read: () => ReturnType<typeof parseCrashFile>
}

async function startedWorker(context: TestContext): Promise<Worker> {
  const { files, path } = await prepared(context)
  const file = files.create(source) ?? assert.fail('no file')
  context.after(() => file.close())
  const placeIn = (name: CrashName): number => file.place(name) ?? assert.fail('no room')
  return {
    file,
    path,
    placed: new Map(),
    place: placeIn,
    read: () => parseCrashFile(readFileSync(path)),
  }
}

/** Returns a file of two pages, with a counter, a histogram and errors. */
async function writtenFile(context: TestContext): Promise<Buffer> {
  const { bytes } = await writtenHistory(context)
  return bytes
}

async function prepared(context: TestContext) {
  const parent = await temporaryDirectory(context)
  primaryDirectory(parent, primaryPid).prepare()
  const user = join(parent, String(readdirSync(parent)))
  const directory = join(user, String(readdirSync(user)))
  const files = new CrashFiles({ parent, primaryPid, keepsFiles: false })
  return { files, parent, directory, path: join(directory, '1.counts') }
}

function longFile(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, crashFileLimits.crashFileBytes + 1)
}

function failure(endpoint: string): Attributes {
  return { method: 'GET', endpoint, error_type: '500', status_code: '500' }
}

function valuesOf(metrics: readonly Metric[] = []): [string, Attributes, Value][] {
  return metrics.flatMap(({ descriptor, points }) =>
    points.map(({ attributes, value }): [string, Attributes, Value] => [
      descriptor.name,
      attributes,
      value,
    ]),
  )
}
