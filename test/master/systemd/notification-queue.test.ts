import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  linesOf,
  NotificationQueue,
  type StateChange,
} from '../../../src/master/systemd/notification-queue.ts'

const ready: StateChange = { kind: 'ready' }
const stopping: StateChange = { kind: 'stopping' }
const mainProcess: StateChange = { kind: 'main process', pid: 7 }

function reloading(microseconds: bigint): StateChange {
  return { kind: 'reloading', microseconds }
}

function taken(changes: readonly StateChange[]): StateChange[] {
  const queue = new NotificationQueue()
  for (const change of changes) queue.add(change)
  const all: StateChange[] = []
  for (let next = queue.take(); next; next = queue.take()) all.push(next)
  assert.ok(queue.isEmpty)
  return all
}

describe('NotificationQueue', () => {
  test('keeps every change in order', () => {
    const changes = [ready, reloading(1n), ready, stopping]
    assert.deepEqual(taken(changes), changes)
    assert.deepEqual(taken([ready, mainProcess]), [ready, mainProcess])
  })

  test('replaces a reload that waits, with its end, by the next reload', () => {
    const changes = [ready, reloading(1n), ready, reloading(2n), reloading(3n), ready, stopping]
    assert.deepEqual(taken(changes), [ready, reloading(3n), ready, stopping])
  })

  test('is bounded, however many reloads wait', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => [reloading(BigInt(index)), ready])
    assert.deepEqual(taken(many.flat()), [reloading(999n), ready])
  })
})

test('Each change has the lines of sd_notify', () => {
  assert.deepEqual(linesOf(ready), ['READY=1'])
  assert.deepEqual(linesOf(reloading(5n)), ['RELOADING=1', 'MONOTONIC_USEC=5'])
  assert.deepEqual(linesOf(stopping), ['STOPPING=1'])
  assert.deepEqual(linesOf(mainProcess), ['MAINPID=7'])
})
