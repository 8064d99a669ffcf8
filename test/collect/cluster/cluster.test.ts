import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import nodeCluster, { type Cluster, type Worker } from 'node:cluster'
import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { ClusterCollector, type ClusterOptions } from '../../../src/collect/cluster/cluster.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const collectors: ClusterCollector[] = []

describe('ClusterCollector', () => {
  afterEach(() => {
    for (const collector of collectors.splice(0)) collector.stop()
  })

  it('reports the fork of a worker that has a process', async () => {
    const { cluster, fork, events, children } = collecting()
    const first = await fork(1)
    await fork(2, { pid: undefined })
    first.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'online' })
    first.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'listening' })
    assert.deepEqual(events, ['forked 1', 'listening 1'])
    assert.deepEqual(children, [1])
    assert.deepEqual(cluster.eventNames(), [])
  })

  it('reports the fork of a worker from before the collector', () => {
    const { events } = collecting({}, [worker(3)])
    assert.deepEqual(events, ['forked 3'])
  })

  it('ignores a child process that is no worker', async () => {
    const { events } = collecting()
    await published(worker(1).process)
    assert.deepEqual(events, [])
  })

  it('reports the end of a worker without any listener of the application', async () => {
    const { cluster, fork, events } = collecting()
    const child = await fork(1)
    cluster.removeAllListeners()
    child.removeAllListeners('exit')
    child.removeAllListeners()
    child.emit('exit', null, 'SIGKILL')
    child.emit('disconnect')
    assert.deepEqual(events, ['forked 1', 'exited 1', 'ended 1 null SIGKILL'])
  })

  it('reports the end of a worker after both exit and disconnect', async () => {
    for (const order of [
      ['exit', 'disconnect'],
      ['disconnect', 'exit'],
    ]) {
      const { fork, events } = collecting()
      const child = await fork(1)
      for (const event of order) {
        assert.ok(!events.includes('ended 1 0 null'))
        child.emit(event, 0, null)
      }
      assert.equal(events.at(-1), 'ended 1 0 null')
      assert.ok(events.indexOf('exited 1') < events.length - 1)
    }
  })

  it('reports the end without disconnect after collectLimits.retirementTimeoutMs', async () => {
    const { events, clock, child } = await forked()
    child.emit('exit', null, 'SIGKILL')
    await clock.advance(collectLimits.retirementTimeoutMs - 1)
    assert.deepEqual(events, ['exited 1'])
    await clock.advance(1)
    assert.deepEqual(events, ['exited 1', 'ended 1 null SIGKILL'])
    child.emit('disconnect')
    assert.equal(events.length, 2)
  })

  it('reports the end at once if the channel is already closed', async () => {
    const { events, child } = await forked({ connected: false })
    child.emit('exit', 3, null)
    assert.deepEqual(events, ['exited 1', 'ended 1 3 null'])
  })

  it('reports a worker that the primary disconnects as leaving at once', async () => {
    const { events, child } = await forked({ exitedAfterDisconnect: true })
    child.emit('disconnect')
    assert.deepEqual(events, ['disconnected 1', 'leaving 1'])
  })

  it('reports a closed channel as leaving after collectLimits.leavingTimeoutMs', async () => {
    const { events, clock, child } = await forked()
    child.emit('disconnect')
    await clock.advance(collectLimits.leavingTimeoutMs - 1)
    assert.deepEqual(events, ['disconnected 1'])
    await clock.advance(1)
    assert.deepEqual(events, ['disconnected 1', 'leaving 1'])
  })

  it('reports an end before collectLimits.leavingTimeoutMs as the end only', async () => {
    const { events, clock, child } = await forked()
    child.emit('disconnect')
    child.emit('exit', null, 'SIGKILL')
    await clock.advance(collectLimits.leavingTimeoutMs)
    assert.deepEqual(events, ['disconnected 1', 'exited 1', 'ended 1 null SIGKILL'])
  })

  it('reports an end although a listener of the application throws', async () => {
    const { events, child } = await forked()
    child.on('exit', () => {
      throw new Error('thrown by the application')
    })
    assert.throws(() => child.emit('exit', 1, null), /thrown by the application/)
    assert.deepEqual(events, ['exited 1'])
  })

  it('adds the cause and the will of the primary to the end', async () => {
    const ends: ClusterEvent[] = []
    const { fork } = collecting({
      onEvent: (event) => event.kind !== 'forked' && ends.push(event),
      causeOf: (forkNumber) => (forkNumber === 1 ? 'timeout' : undefined),
    })
    const first = await fork(1, { connected: false, exitedAfterDisconnect: true })
    first.emit('exit', 0, null)
    const second = await fork(2, { connected: false })
    second.emit('exit', 0, null)
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

  it('counts an error of its callback as a fault of the event', async () => {
    const faults: string[] = []
    const { fork } = collecting({
      onEvent: () => assert.fail(),
      onFault: (component) => faults.push(component),
    })
    const child = await fork(1)
    child.emit('disconnect')
    assert.deepEqual(faults, ['fork', 'disconnect'])
  })

  it('removes every listener when it stops, and when a worker has ended', async () => {
    const { collector, fork } = collecting()
    const first = await fork(1, { connected: false })
    assert.equal(first.eventNames().length, 3)
    first.emit('exit', 0, null)
    const second = await fork(2)
    collector.stop()
    await fork(3)
    for (const child of [first, second]) {
      const left = child.eventNames().filter((name) => child.listenerCount(name) > 0)
      assert.deepEqual(left, [])
    }
  })
})

interface Collecting {
  readonly cluster: EventEmitter
  readonly collector: ClusterCollector
  readonly fork: (id: number, fields?: Fields) => Promise<EventEmitter>
  /** Events as text, for example `ended 1 0 null`. */
  readonly events: string[]
  readonly children: number[]
  readonly clock: ManualClock
}

/** The collector looks for workers in the `cluster` of this process. */
function collecting(options: Partial<ClusterOptions> = {}, before: Worker[] = []): Collecting {
  const cluster = Object.assign(new EventEmitter(), { workers: { ...before } })
  const events: string[] = []
  const children: number[] = []
  const clock = new ManualClock()
  const collector = new ClusterCollector(cluster as unknown as Cluster, {
    onEvent: (event) => events.push(textOf(event)),
    onWorker: (forkNumber) => children.push(forkNumber),
    onFault: (component) => assert.fail(component),
    clock,
    ...options,
  })
  collectors.push(collector)
  const fork = async (id: number, fields?: Fields): Promise<EventEmitter> => {
    const forked = worker(id, fields)
    const { workers } = nodeCluster
    assert.ok(workers)
    workers[id] = forked
    await published(forked.process)
    delete workers[id]
    return forked.process
  }
  return { cluster, collector, fork, events, children, clock }
}

/** A collector with one worker, whose fork is not among the events. */
async function forked(fields?: Fields): Promise<Collecting & { readonly child: EventEmitter }> {
  const made = collecting()
  const child = await made.fork(1, fields)
  made.events.length = 0
  return { ...made, child }
}

/** Publishes as Node does, and waits until the next turn of the event loop. */
async function published(child: ChildProcess): Promise<void> {
  channel('child_process').publish({ process: child })
  await new Promise((resolve) => setImmediate(resolve))
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
  const child = Object.assign(new EventEmitter(), { pid, connected })
  return { id, exitedAfterDisconnect, process: child as unknown as ChildProcess } as Worker
}
