import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { observeGarbageCollections } from '../../../src/collect/process/garbage-collections.ts'
import type { Point } from '../../../src/model/metric.ts'
import { eventually } from '../../support/programs/app.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { type: 'minor' | 'major' }) => void

function countIn(points: readonly Point[], kind: string): number {
  return Number(points.find(({ attributes }) => attributes['kind'] === kind)?.value)
}

describe('observeGarbageCollections', () => {
  test('has a point of each kind from the start', () => {
    const { counts, seconds, stop } = observeGarbageCollections()
    const kinds = ['incremental', 'major', 'minor', 'weakcb']
    for (const points of [counts(), seconds()]) {
      assert.deepEqual(points.map(({ attributes }) => attributes['kind']).sort(), kinds)
    }
    stop()
  })

  test('counts collections and their seconds by kind', async () => {
    const { counts, seconds, stop } = observeGarbageCollections()
    const before = counts()
    for (const type of ['major', 'minor', 'major'] as const) collect({ type })
    await eventually(() => {
      assert.ok(countIn(counts(), 'major') >= countIn(before, 'major') + 2)
      assert.ok(countIn(counts(), 'minor') >= countIn(before, 'minor') + 1)
    })
    const major = countIn(seconds(), 'major')
    assert.ok(major > 0 && major < 60, `${major}`)
    stop()
  })

  test('returns the same label objects at each read', () => {
    const { counts, stop } = observeGarbageCollections()
    const [first, second] = [counts(), counts()]
    assert.ok(first.every(({ attributes }, index) => attributes === second[index]?.attributes))
    stop()
  })

  test('counts nothing after the stop', async () => {
    const { counts, stop } = observeGarbageCollections()
    stop()
    const before = counts()
    collect()
    await sleep(20)
    assert.deepEqual(counts(), before)
  })

  // The last test: the module cannot be unloaded.
  test('counts nothing in a program with domains', async () => {
    const earlier = observeGarbageCollections()
    await import('node:domain')
    const later = observeGarbageCollections()
    for (const { counts, seconds, stop } of [earlier, later]) {
      assert.deepEqual([counts(), seconds()], [[], []])
      stop()
    }
  })
})
