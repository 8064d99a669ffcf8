import assert from 'node:assert/strict'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  blockAt,
  blockBytes,
  checksum,
  crashVersion,
  crc32,
  headChecksumAt,
  headSeed,
  nameHeadBytes,
  namesAt,
  pageBytes,
  seedOf,
  slotsPerPage,
} from '../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'
import { exchanged, forge, resealed } from '../support/crash-file/changed-file.ts'
import { startedWorker, store, valuesOf } from '../support/crash-file/worker-file.ts'
import { writtenFile } from '../support/crash-file/written-history.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const source = { pid: 4_001, startSeconds: 1_700_000_000, forkNumber: 1 }
const seed = 0x12_34_56_78
const labels = { method: 'GET', endpoint: '/', error_type: 'E', status_code: '500' }

describe('parseCrashFile()', () => {
  test('returns the source and the values', async (context) => {
    const { read } = await written(context)
    assert.deepEqual(outline(read()), ['gunicorn_worker_requests_total 7'])
    assert.deepEqual(parseCrashFile(read())?.source, { role: 'worker', ...source })
  })

  for (const [offset, field] of [
    [16, 'pid'],
    [24, 'start'],
    [32, 'fork number'],
  ] as const) {
    for (const value of [-1, 1.5, Number.NaN]) {
      test(`refuses the ${field} ${value}`, async (context) => {
        const bytes = (await written(context)).read()
        bytes.writeDoubleLE(value, offset)
        bytes.writeUInt32LE(checksum(bytes, headChecksumAt, headSeed), headChecksumAt)
        assert.equal(parseCrashFile(bytes), undefined)
      })
    }
  }

  const changes: readonly [title: string, change: (bytes: Buffer) => Buffer][] = [
    ['a future version', (bytes) => resealed(bytes, 1, crashVersion + 1)],
    ['another byte order', (bytes) => resealed(bytes, 2, 0x04_03_02_01)],
    ['another magic', (bytes) => resealed(bytes, 0, 1)],
    ['no names', (bytes) => bytes.subarray(0, namesAt)],
    ['half a name', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['half a page', (bytes) => bytes.subarray(0, pageBytes + 100)],
    [
      'another pid than in the checksum',
      (bytes) => {
        bytes.writeDoubleLE(5, 16)
        return bytes
      },
    ],
    ['half a head', (bytes) => bytes.subarray(0, 20)],
    [
      'pages in another order',
      (bytes) =>
        exchanged(exchanged(bytes, blockAt(0, 0), blockAt(1, 0)), blockAt(0, 1), blockAt(1, 1)),
    ],
    ['blocks in another order', (bytes) => exchanged(bytes, blockAt(0, 0), blockAt(0, 1))],
  ]
  for (const [title, change] of changes) {
    test(`refuses a file with ${title}`, async (context) => {
      const bytes = await writtenFile(context)
      assert.ok(parseCrashFile(bytes))
      assert.equal(parseCrashFile(change(Buffer.from(bytes))), undefined)
    })
  }

  const impossible: readonly (readonly [title: string, slot: number, value: number])[] = [
    ['a negative count', 0, -1],
    ['a count with a fraction', 0, 1.5],
    ['a count that is NaN', 0, Number.NaN],
    ['an infinite count', 0, Number.POSITIVE_INFINITY],
    ['a bucket below zero', 2, -1],
    ['a sum that is NaN', 1, Number.NaN],
    ['a sum below zero', 1, -1],
    ['an infinite sum', 1, Number.POSITIVE_INFINITY],
    ['a bucket with a fraction', 2, 0.5],
  ]
  for (const [title, slot, value] of impossible) {
    test(`refuses ${title} with a valid checksum`, async (context) => {
      const bytes = await writtenFile(context)
      for (const sequence of [0, 1]) forge(bytes, { sequence, slot, value })
      assert.equal(parseCrashFile(bytes), undefined)
    })
  }

  test('refuses a page with a negative sequence', async (context) => {
    const bytes = await writtenFile(context)
    bytes.fill(0, blockAt(0, 1), blockAt(0, 1) + blockBytes)
    assert.ok(parseCrashFile(bytes))
    // The sequence and the turn are in front of the first slot.
    forge(bytes, { sequence: 0, slot: -2, value: -2 })
    assert.equal(parseCrashFile(bytes), undefined)
  })

  test('refuses a page with a negative turn', async (context) => {
    const bytes = await writtenFile(context)
    bytes.fill(0, blockAt(0, 1), blockAt(0, 1) + blockBytes)
    forge(bytes, { sequence: 0, slot: -1, value: -2 })
    assert.equal(parseCrashFile(bytes), undefined)
  })

  test('takes no values of a turn that is not complete', async (context) => {
    const worker = await startedWorker(context)
    const bounds = Array.from({ length: slotsPerPage - 2 }, (_, index) => index)
    const first = worker.place({ key: 'requestSize', attributes: {}, bounds })
    const second = worker.place({ key: 'requests', attributes: {} })
    const values = (bytes: Buffer): unknown[] =>
      valuesOf(parseCrashFile(bytes)?.metrics).map(([, , value]) =>
        typeof value === 'object' ? value.sum : value,
      )
    const writtenAt = (value: number): Buffer => {
      store(worker.file, first, [value])
      store(worker.file, second, [value])
      worker.file.flush()
      return readFileSync(worker.path)
    }
    const states = [1, 2, 3].map(writtenAt)
    assert.deepEqual(states.map(values), [
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    // The worker died before it wrote the first page of the turn.
    for (const [index, after] of states.slice(1).entries()) {
      const cut = Buffer.from(after)
      states[index]?.copy(cut, blockAt(0, 0), blockAt(0, 0), blockAt(1, 0))
      assert.deepEqual(values(cut), [index + 1, index + 1])
    }
  })

  test('refuses a page with more slots in use than it has', async (context) => {
    const bytes = await writtenFile(context)
    // The bits of -0 are those of a checksum of 0 and of 2 ** 31 slots in use.
    for (const sequence of [0, 1]) forge(bytes, { sequence, slot: -3, value: -0 })
    assert.equal(bytes.readUInt32LE(blockAt(0, 0) + 4), 2 ** 31)
    assert.equal(parseCrashFile(bytes), undefined)
  })

  test('refuses a file above crashFileLimits.crashFileBytes', async (context) => {
    const bytes = (await written(context)).read()
    const { crashFileBytes } = crashFileLimits
    const longest = Buffer.alloc(crashFileBytes)
    bytes.copy(longest)
    assert.notEqual(parseCrashFile(longest), undefined)
    assert.equal(parseCrashFile(Buffer.concat([longest, Buffer.alloc(1)])), undefined)
  })

  test('leaves out a series if the worker died before it wrote the value', async (context) => {
    const { file, read } = await written(context)
    const before = read()
    file.take({ key: 'failedRequests', attributes: labels })
    file.take({ key: 'requestSize', attributes: {}, bounds: [1, 2] })
    file.flush()
    const after = read()
    assert.equal(outline(after)?.length, 3)
    before.copy(after, 0, 0, namesAt)
    assert.deepEqual(outline(after), ['gunicorn_worker_requests_total 7'])
  })

  const accepted: readonly (readonly unknown[])[] = [
    [1, 'failedRequests', labels],
    [1, 'responses', { status_code: '200' }],
    [1, 'requestSize', {}, [1, 2]],
  ]
  for (const name of accepted) {
    test(`accepts the name ${JSON.stringify(name)}`, async (context) => {
      const bytes = (await written(context)).read()
      assert.notEqual(parseCrashFile(withName(bytes, JSON.stringify(name))), undefined)
    })
  }

  const refused: readonly [title: string, text: string][] = [
    ['that is not JSON', '['],
    ['that is not a list', '{}'],
    ['of a repeated series', '[1,"requests",{}]'],
    ['with a slot that is in use', '[0,"responses",{"status_code":"200"}]'],
    ['with a slot after a gap', '[2,"responses",{"status_code":"200"}]'],
    ['with a slot that is a text', '["1","responses",{"status_code":"200"}]'],
    ['of an unknown metric', '[1,"workers",{}]'],
    ['of an inherited property', '[1,"toString",{}]'],
    ['without its label', '[1,"responses",{}]'],
    ['with another label', '[1,"responses",{"status_code":"200","a":"b"}]'],
    ['with a label that is no text', '[1,"responses",{"status_code":200}]'],
    ['with labels that are a list', '[1,"responses",[]]'],
    ['with labels that are null', '[1,"responses",null]'],
    ['of a histogram with labels that are a list', '[1,"requestSize",[],[1]]'],
    ['of a counter with bounds', '[1,"responses",{"status_code":"200"},[1]]'],
    ['of a histogram without bounds', '[1,"requestSize",{}]'],
    ['of a histogram with descending bounds', '[1,"requestSize",{},[2,1]]'],
    ['of a histogram with too many bounds', `[1,"requestSize",{},[${[...Array(300).keys()]}]]`],
  ]
  for (const [title, text] of refused) {
    test(`refuses a name ${title}`, async (context) => {
      const bytes = (await written(context)).read()
      assert.equal(parseCrashFile(withName(bytes, text)), undefined)
    })
  }

  test('ignores a name that is too long, and all names behind', async (context) => {
    const bytes = (await written(context)).read()
    const { crashNameBytes } = crashFileLimits
    const longest = JSON.stringify([1, 'workers', {}]).padEnd(crashNameBytes)
    assert.equal(parseCrashFile(withName(bytes, longest)), undefined)
    const ignored = withName(withName(bytes, `${longest} `), '[')
    assert.deepEqual(outline(ignored), ['gunicorn_worker_requests_total 7'])
  })

  test('ignores a name with a wrong checksum', async (context) => {
    const bytes = withName((await written(context)).read(), '[')
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    assert.deepEqual(outline(bytes), ['gunicorn_worker_requests_total 7'])
  })
})

/** A file with one counter, which is 7. */
async function written(
  context: TestContext,
): Promise<{ readonly file: CrashFile; readonly read: () => Buffer }> {
  const path = join(await temporaryDirectory(context), '1.counts')
  const file = new CrashFile(openSync(path, 'w'), source, seed)
  context.after(() => file.close())
  store(file, file.take({ key: 'requests', attributes: {} }) ?? assert.fail('no room'), [7])
  file.flush()
  return { file, read: () => readFileSync(path) }
}

/** Appends a name with a valid checksum. */
function withName(bytes: Buffer, name: string): Buffer {
  const text = Buffer.from(name)
  const head = Buffer.alloc(nameHeadBytes)
  head.writeUInt32LE(crc32(text, seedOf(text.length, seed)))
  head.writeUInt32LE(text.length, 4)
  return Buffer.concat([bytes, head, text])
}

/** The name and the value of each series; undefined if the reader refuses the file. */
function outline(bytes: Buffer): string[] | undefined {
  return parseCrashFile(bytes)?.metrics.map(
    ({ descriptor, points: [point] }) =>
      `${descriptor.name} ${typeof point?.value === 'object' ? point.value.count : point?.value}`,
  )
}
