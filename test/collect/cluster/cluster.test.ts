import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { ClusterCollector, type ClusterOptions } from '../../../src/collect/cluster/cluster.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('ClusterCollector', () => {
  it('reports the fork of a worker that has a process', () => {
    const { emit, events, children } = collecting()
    emit('fork', worker(1))
    emit('fork', worker(2, { pid: undefined }))
    emit('listening', worker(1))
    assert.deepEqual(events, ['forked 1', 'listening 1'])
    assert.deepEqual(children, [1])
  })

  it('reports the end of a worker after both exit and disconnect', () => {
    for (const order of [
      ['exit', 'disconnect'],
      ['disconnect', 'exit'],
    ]) {
      const { emit, events } = collecting()
      for (const event of order) {
        assert.ok(!events.includes('ended 1 0 null'))
        emit(event, worker(1), 0, null)
      }
      assert.equal(events.at(-1), 'ended 1 0 null')
      assert.ok(events.indexOf('exited 1') < events.length - 1)
    }
  })

  it('reports the end without disconnect after collectLimits.retirementTimeoutMs', async () => {
    const { emit, events, clock } = collecting()
    emit('exit', worker(1), null, 'SIGKILL')
    await clock.advance(collectLimits.retirementTimeoutMs - 1)
    assert.deepEqual(events, ['exited 1'])
    await clock.advance(1)
    assert.deepEqual(events, ['exited 1', 'ended 1 null SIGKILL'])
    emit('disconnect', worker(1))
    assert.deepEqual(events.slice(2), ['disconnected 1'])
  })

  it('reports the end at once if the channel is already closed', () => {
    const { emit, events } = collecting()
    emit('exit', worker(1, { connected: false }), 3, null)
    assert.deepEqual(events, ['exited 1', 'ended 1 3 null'])
  })

  it('reports a worker that the primary disconnects as leaving at once', () => {
    const { emit, events } = collecting()
    emit('disconnect', worker(1, { exitedAfterDisconnect: true }))
    assert.deepEqual(events, ['disconnected 1', 'leaving 1'])
  })

  it('reports a closed channel as leaving after collectLimits.leavingTimeoutMs', async () => {
    const { emit, events, clock } = collecting()
    emit('disconnect', worker(1))
    await clock.advance(collectLimits.leavingTimeoutMs - 1)
    assert.deepEqual(events, ['disconnected 1'])
    await clock.advance(1)
    assert.deepEqual(events, ['disconnected 1', 'leaving 1'])
  })

  it('reports an end before collectLimits.leavingTimeoutMs as the end only', async () => {
    const { emit, events, clock } = collecting()
    emit('disconnect', worker(1))
    emit('exit', worker(1), null, 'SIGKILL')
    await clock.advance(collectLimits.leavingTimeoutMs)
    assert.deepEqual(events, ['disconnected 1', 'exited 1', 'ended 1 null SIGKILL'])
  })

  it('adds the cause and the will of the primary to the end', () => {
    const ends: ClusterEvent[] = []
    const { emit } = collecting({
      onEvent: (event) => ends.push(event),
      causeOf: (forkNumber) => (forkNumber === 1 ? 'timeout' : undefined),
    })
    emit('exit', worker(1, { connected: false, exitedAfterDisconnect: true }), 0, null)
    emit('exit', worker(2, { connected: false }), 0, null)
    assert.deepEqual(
      ends.map((end) => 'voluntary' in end && [end.kind, end.cause, end.voluntary]),
      [
        ['exited', 'timeout', true],
        ['ended', 'timeout', true],
        ['exited', undefined, false],
        ['ended', undefined, false],
      ],
    )
  })

  it('counts an error of its callback as a fault of the event', () => {
    const faults: string[] = []
    const { emit } = collecting({
      onEvent: () => assert.fail(),
      onFault: (component) => faults.push(component),
    })
    emit('listening', worker(1))
    assert.deepEqual(faults, ['listening'])
  })

  it('removes every listener when it stops', () => {
    const { cluster, collector } = collecting()
    assert.equal(cluster.eventNames().length, 4)
    collector.stop()
    assert.deepEqual(cluster.eventNames(), [])
  })
})

interface Collecting {
  readonly cluster: EventEmitter
  readonly collector: ClusterCollector
  readonly emit: (event: string, worker: Worker, ...values: unknown[]) => void
  /** Events as text, for example `ended 1 0 null`. */
  readonly events: string[]
  readonly children: number[]
  readonly clock: ManualClock
}

function collecting(options: Partial<ClusterOptions> = {}): Collecting {
  const cluster = new EventEmitter()
  const events: string[] = []
  const children: number[] = []
  const clock = new ManualClock()
  const collector = new ClusterCollector(cluster as Cluster, {
    onEvent: (event) => events.push(textOf(event)),
    onWorker: (forkNumber) => children.push(forkNumber),
    onFault: (component) => assert.fail(component),
    clock,
    ...options,
  })
  const emit = (event: string, ...values: unknown[]): void => {
    cluster.emit(event, ...values)
  }
  return { cluster, collector, emit, events, children, clock }
}

function textOf(event: ClusterEvent): string {
  const forkNumber = 'forkNumber' in event ? event.forkNumber : ''
  const end = event.kind === 'ended' ? ` ${event.code} ${event.signal}` : ''
  return `${event.kind} ${forkNumber}${end}`
}

interface Fields {
  readonly pid?: number | undefined
  readonly connected?: boolean
  readonly exitedAfterDisconnect?: boolean
}

function worker(id: number, fields: Fields = {}): Worker {
  const { pid, connected, exitedAfterDisconnect } = { pid: 42, connected: true, ...fields }
  return { id, exitedAfterDisconnect, process: { pid, connected } as ChildProcess } as Worker
}
