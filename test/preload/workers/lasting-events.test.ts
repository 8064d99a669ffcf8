import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LastingEvents } from '../../../src/preload/workers/lasting-events.ts'

const exit = { code: 0, signal: null, voluntary: true } as const

describe('LastingEvents', () => {
  it('has the states of live workers in their order, and the time of each event', () => {
    const events = new LastingEvents()
    events.note({ kind: 'wanted', count: 2 }, 0)
    events.note({ kind: 'forked', forkNumber: 1, at: 5, pid: 9 }, 1)
    events.note({ kind: 'disconnected', forkNumber: 1 }, 700)
    events.note({ kind: 'leaving', forkNumber: 1, at: 6 }, 701)
    events.note({ kind: 'forked', forkNumber: 2, at: 7, pid: 10 }, 702)
    assert.deepEqual(events.all(), [
      { event: { kind: 'wanted', count: 2 }, happenedAt: 0 },
      { event: { kind: 'forked', forkNumber: 1, at: 5, pid: 9 }, happenedAt: 1 },
      { event: { kind: 'disconnected', forkNumber: 1 }, happenedAt: 700 },
      { event: { kind: 'leaving', forkNumber: 1, at: 6 }, happenedAt: 701 },
      { event: { kind: 'forked', forkNumber: 2, at: 7, pid: 10 }, happenedAt: 702 },
    ])
  })

  it('forgets an ended worker, and all earlier numbers of the primary', () => {
    const events = new LastingEvents()
    events.note({ kind: 'forked', forkNumber: 1, at: 5 }, 1)
    events.note({ kind: 'listening', forkNumber: 1 }, 1)
    events.note({ kind: 'handing_over', servers: 1 }, 1)
    events.note({ kind: 'disconnected', forkNumber: 1 }, 1)
    events.note({ kind: 'leaving', forkNumber: 1, at: 5 }, 1)
    events.note({ kind: 'exited', forkNumber: 1, at: 6, ...exit }, 1)
    events.note({ kind: 'ended', forkNumber: 1, at: 6, ...exit }, 1)
    events.note({ kind: 'handing_over', servers: 2 }, 1)
    events.note({ kind: 'signal', reason: 'hup' }, 1)
    events.note({ kind: 'signal listener', reason: 'hup' }, 1)
    assert.deepEqual(events.all(), [{ event: { kind: 'handing_over', servers: 2 }, happenedAt: 1 }])
  })
})
