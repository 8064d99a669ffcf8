import assert from 'node:assert/strict'
import { fstatSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { CountedSeries } from '../../src/collect/counts/count-places.ts'
import {
  blockAt,
  nameHeadBytes,
  namesAt,
  pageBytes,
  slotsPerPage,
} from '../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { collectLimits } from '../../src/limits/collect.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'
import {
  failure,
  source,
  startedWorker,
  store,
  valuesOf,
} from '../support/crash-file/worker-file.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const histograms = ['requestDuration', 'requestSize', 'responseSize'] as const

describe('CrashFile', () => {
  test('stores counters and histograms, which the reader returns', async (context) => {
    const worker = await startedWorker(context)
    const requests = worker.place({ key: 'requests', attributes: {} })
    const sizes = worker.place({ key: 'requestSize', attributes: {}, bounds: [10, 20] })
    const labels = { method: 'GET', endpoint: '/größe/😀\ud800', error_type: 'E', status_code: '' }
    const failed = worker.place({ key: 'failedRequests', attributes: labels })
    store(worker.file, requests, [7])
    store(worker.file, sizes, [12.5, 1, 0, 2])
    store(worker.file, failed, [3])
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
      store(worker.file, slot, [value])
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
    const names: [CountedSeries, number][] = []
    for (let index = 0; ; index += 1) {
      // Histograms leave gaps at the end of a page.
      const bounds = Array.from({ length: 50 }, (_, place) => place + 1)
      const name: CountedSeries =
        index < 3
          ? { key: histograms[index] ?? 'requestSize', attributes: {}, bounds }
          : { key: 'failedRequests', attributes: failure(`/${index}`) }
      const numbers = worker.file.take(name)
      if (numbers === undefined) break
      store(worker.file, numbers, [index + 1])
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

  test('accepts a name of crashFileLimits.crashNameBytes, and no longer name', async (context) => {
    const worker = await startedWorker(context)
    assert.equal(worker.file.take(nameOf(crashFileLimits.crashNameBytes + 1)), undefined)
    assert.ok(worker.file.take(nameOf(crashFileLimits.crashNameBytes)))
    assert.ok(worker.file.take({ key: 'requests', attributes: {} }))
  })

  test('fills the file up to crashFileLimits.crashFileBytes', async (context) => {
    const worker = await startedWorker(context)
    const { crashFileBytes, crashNameBytes } = crashFileLimits
    const room = (): number => {
      worker.file.flush()
      return crashFileBytes - Math.max(statSync(worker.path).size, namesAt)
    }
    while (room() > crashNameBytes) worker.place(nameOf(crashNameBytes / 2))
    const last = room()
    assert.equal(worker.file.take(nameOf(last + 1)), undefined)
    assert.ok(worker.file.take(nameOf(last)))
    worker.file.flush()
    assert.ok(statSync(worker.path).size <= crashFileBytes)
    assert.ok(worker.read())
  })

  test('allocates the first page at once, because the disk may be full later', async (context) => {
    const worker = await startedWorker(context)
    assert.equal(statSync(worker.path).size, blockAt(0, 0) + pageBytes)
  })

  test('writes only changed pages, and the first page', async (context) => {
    const worker = await startedWorker(context)
    const bounds = Array.from({ length: slotsPerPage - 2 }, (_, index) => index)
    const first = worker.place({ key: 'requestSize', attributes: {}, bounds })
    const second = worker.place({ key: 'requests', attributes: {} })
    worker.file.flush()
    const sequences = (): number[] => {
      const bytes = readFileSync(worker.path)
      return [0, 1].flatMap((page) =>
        [0, 1].map((block) => bytes.readDoubleLE(blockAt(page, block) + 8)),
      )
    }
    assert.deepEqual(sequences(), [0, 1, 0, 1])
    store(worker.file, first, [2])
    worker.file.flush()
    assert.deepEqual(sequences(), [2, 1, 0, 1])
    worker.file.flush()
    assert.deepEqual(sequences(), [2, 1, 0, 1])
    // The first page ends each turn.
    store(worker.file, second, [5])
    worker.file.flush()
    assert.deepEqual(sequences(), [2, 3, 2, 1])
  })

  test('stores a histogram that fills a page, and one on the next page', async (context) => {
    const worker = await startedWorker(context)
    const bounds = Array.from({ length: slotsPerPage - 2 }, (_, index) => index)
    const pageful = worker.place({ key: 'requestDuration', attributes: {}, bounds })
    const sizes = worker.place({ key: 'requestSize', attributes: {}, bounds: [10] })
    store(worker.file, pageful, [0.5, 7])
    store(worker.file, sizes, [12.5, 1, 2])
    worker.file.flush()
    const values = valuesOf(worker.read()?.metrics).map(([, , value]) => value)
    assert.deepEqual(values, [
      { count: 7, sum: 0.5, counts: [7, ...bounds.map(() => 0)] },
      { count: 3, sum: 12.5, counts: [1, 2] },
    ])
  })

  test('writes a name once, at the flush', async (context) => {
    const worker = await startedWorker(context)
    worker.place({ key: 'requests', attributes: {} })
    assert.ok(statSync(worker.path).size <= namesAt)
    worker.file.flush()
    const size = statSync(worker.path).size
    const requests = JSON.stringify([0, 'requests', {}])
    assert.equal(size, namesAt + nameHeadBytes + requests.length)
    worker.place({ key: 'failedRequests', attributes: failure('/größe') })
    worker.file.flush()
    const text = JSON.stringify([1, 'failedRequests', failure('/größe')])
    assert.equal(
      readFileSync(worker.path)
        .subarray(size + nameHeadBytes)
        .toString(),
      text,
    )
  })

  test('closes its file once, and accepts a closed descriptor', async (context) => {
    const path = join(await temporaryDirectory(context), '1.counts')
    const descriptor = openSync(path, 'w')
    const file = new CrashFile(descriptor, source, 1)
    file.close()
    assert.throws(() => fstatSync(descriptor), { code: 'EBADF' })
    file.close()
  })

  test('closes the descriptor if the file cannot be written', async (context) => {
    const path = join(await temporaryDirectory(context), '1.counts')
    writeFileSync(path, '')
    const descriptor = openSync(path, 'r')
    assert.throws(() => new CrashFile(descriptor, source, 1), { code: 'EBADF' })
    assert.throws(() => fstatSync(descriptor), { code: 'EBADF' })
  })
})

/** A name that takes this number of bytes, with room for each slot. */
function nameOf(bytes: number): CountedSeries {
  const name = { key: 'failedRequests', attributes: failure('') } as const
  const slotDigits = 4
  const least = JSON.stringify([0, name.key, name.attributes]).length + nameHeadBytes + slotDigits
  names += 1
  return { ...name, attributes: failure(String(names).padEnd(bytes - least, 'x')) }
}

/** Makes each name different. */
let names = 0
