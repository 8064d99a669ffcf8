import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { CountedSeries } from '../../../src/collect/counts/count-places.ts'
import { failure, startedWorker, store, valuesOf, type Worker } from './worker-file.ts'

export interface History {
  /** The file after the last write. */
  readonly bytes: Buffer
  /** The file of another worker with the same fork number. */
  readonly other: Buffer
  /** The values of each series at the last two writes. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>
}

export async function writtenHistory(context: TestContext): Promise<History> {
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
  const set = (series: CountedSeries, values: readonly number[]): void => {
    const key = JSON.stringify(series)
    const known = placed.get(key) ?? file.take(series) ?? assert.fail('no room')
    placed.set(key, known)
    store(file, known, values)
  }
  const histogram = (key: CountedSeries['key'], bounds: readonly number[]): void => {
    const counts = Array.from({ length: bounds.length + 1 }, (_, index) => round * (index + 1))
    set({ key, attributes: {}, bounds }, [round * 12.5, ...counts])
  }
  set({ key: 'requests', attributes: {} }, [round * 100])
  histogram('requestSize', [10, 20])
  histogram(
    'requestDuration',
    Array.from({ length: 240 }, (_, index) => index),
  )
  histogram('responseSize', [10, 20])
  for (const path of ['/', '/a']) {
    set({ key: 'failedRequests', attributes: failure(path) }, [round + path.length])
  }
  file.flush()
}

/** Returns a file of two pages, with a counter, three histograms and errors. */
export async function writtenFile(context: TestContext): Promise<Buffer> {
  const { bytes } = await writtenHistory(context)
  return bytes
}
