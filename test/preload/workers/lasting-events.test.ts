import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import { LastingEvents } from '../../../src/preload/workers/lasting-events.ts'

const exit = { code: 0, signal: null, voluntary: true } as const

describe('LastingEvents', () => {
  it('has the states of live workers in their order, and the age of each fork', () => {
    const { events, pass } = watched()
    events.note({ kind: 'wanted', count: 2 })
    events.note({ kind: 'forked', forkNumber: 1, at: 5, pid: 9 })
    pass(700)
    events.note({ kind: 'disconnected', forkNumber: 1 })
    events.note({ kind: 'leaving', forkNumber: 1, at: 6 })
    events.note({ kind: 'forked', forkNumber: 2, at: 7, pid: 10 })
    pass(300)
    assert.deepEqual(events.all(), [
      { kind: 'wanted', count: 2 },
      { kind: 'forked', forkNumber: 1, at: 5, pid: 9, agoMs: 1_000 },
      { kind: 'disconnected', forkNumber: 1 },
      { kind: 'leaving', forkNumber: 1, at: 6 },
      { kind: 'forked', forkNumber: 2, at: 7, pid: 10, agoMs: 300 },
    ] satisfies ClusterEvent[])
  })

  it('forgets an ended worker, and all earlier numbers of the primary', () => {
    const { events } = watched()
    events.note({ kind: 'forked', forkNumber: 1, at: 5 })
    events.note({ kind: 'listening', forkNumber: 1 })
    events.note({ kind: 'handing_over', servers: 1 })
    events.note({ kind: 'disconnected', forkNumber: 1 })
    events.note({ kind: 'leaving', forkNumber: 1, at: 5 })
    events.note({ kind: 'exited', forkNumber: 1, at: 6, ...exit })
    events.note({ kind: 'ended', forkNumber: 1, at: 6, ...exit })
    events.note({ kind: 'handing_over', servers: 2 })
    events.note({ kind: 'signal', reason: 'hup' })
    events.note({ kind: 'signal listener', reason: 'hup' })
    assert.deepEqual(events.all(), [{ kind: 'handing_over', servers: 2 }])
  })
})

function watched(): { events: LastingEvents; pass: (ms: number) => void } {
  let now = 0
  const events = new LastingEvents({ now: () => now })
  return {
    events,
    pass: (ms) => {
      now += ms
    },
  }
}
