import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { ToThread } from '../../../src/exporter/thread-message.ts'
import { WorkerChannels } from '../../../src/preload/workers/worker-channels.ts'
import { ownForkNumber } from '../../../src/relay/report.ts'

const address = { port: 9_000, token: 'a'.repeat(64) }
const question = { cmd: 'NODE_GUNICORN_ASK_PAGE_SERVER' }

/** The primary's end of a worker's channel. */
class Child extends EventEmitter {
  readonly pid = 42
  connected = true
  readonly sent: string[] = []

  send({ cmd }: { cmd: string }): void {
    this.sent.push(cmd)
  }

  say(message: object): void {
    this.emit('internalMessage', message)
  }
}

describe('WorkerChannels', () => {
  it('passes a report on unparsed with the fork number of its worker', () => {
    const { channels, posted } = opened()
    const child = add(channels, 3)
    child.say({ cmd: 'NODE_GUNICORN_REPORT', text: '{' })
    assert.deepEqual(posted, [{ kind: 'report', forkNumber: 3, text: '{' }])
  })

  it('sends the address of the page server once to each waiting worker', () => {
    const { channels, posted } = opened()
    const children = [add(channels, 1), add(channels, 2)]
    children[0]?.say(question)
    assert.deepEqual(posted, [{ kind: 'open page server' }])
    channels.sendPageServer(address)
    channels.sendPageServer(address)
    assert.deepEqual(
      children.map(({ sent }) => sent),
      [['NODE_GUNICORN_PAGE_SERVER'], []],
    )
  })

  it('tells a new thread of the servers that hand sockets over', () => {
    const { channels, posted } = opened()
    channels.replay()
    assert.equal(posted.length, 0)
    const event = { kind: 'handing_over', servers: 1 }
    channels.noteHandOvers(1)
    channels.replay()
    const [first, again] = posted
    assert.ok(first?.kind === 'event')
    assert.deepEqual(first.event, event)
    // With the time of the event, and not of the second message.
    assert.deepEqual(again, first)
  })

  it('tells a new thread which workers have reported', () => {
    const { channels, posted } = opened()
    add(channels, 1).say({ cmd: 'NODE_GUNICORN_REPORT', text: '{' })
    add(channels, 2)
    for (const forkNumber of [1, 2]) channels.apply({ kind: 'forked', forkNumber, at: 1 })
    posted.length = 0
    channels.replay()
    const known = posted.map(
      (each) => each.kind === 'event' && Reflect.get(each.event, 'hasReported'),
    )
    assert.deepEqual(known, [true, undefined])
  })

  it('sends no address to a worker that has ended', () => {
    const { channels } = opened()
    const child = add(channels, 1)
    child.say(question)
    end(channels, 1)
    channels.sendPageServer(address)
    assert.deepEqual(child.sent, [])
    assert.deepEqual(channels.workers, [])
  })

  it('asks a live worker for a resync and ignores an unknown worker', () => {
    const { channels } = opened()
    const child = add(channels, 1)
    channels.requestResync(1)
    channels.requestResync(2)
    assert.deepEqual(child.sent, ['NODE_GUNICORN_RESYNC'])
  })

  it('lists each live worker, and whether the worker has reported', () => {
    const { channels } = opened()
    const children = [add(channels, 1), add(channels, 2), add(channels, 3)]
    end(channels, 2)
    children[2]?.say({ cmd: 'NODE_GUNICORN_REPORT', text: '{' })
    assert.deepEqual(channels.workers, [
      { forkNumber: 1, child: children[0], hasReported: false },
      { forkNumber: 3, child: children[2], hasReported: true },
    ])
  })

  it('describes every live worker to a new thread and asks each worker for a resync', () => {
    const { channels, posted } = opened()
    const children = [add(channels, 1), add(channels, 2)]
    for (const forkNumber of [1, 2]) {
      channels.apply({ kind: 'forked', forkNumber, at: 1_000, pid: 42 })
    }
    channels.apply({ kind: 'listening', forkNumber: 2 })
    posted.length = 0
    channels.replay()
    const events = posted.map((message) => message.kind === 'event' && message.event)
    assert.deepEqual(
      events.map((event) => event && [event.kind, 'forkNumber' in event && event.forkNumber]),
      [
        ['forked', 1],
        ['forked', 2],
        ['listening', 2],
      ],
    )
    for (const { sent } of children) assert.deepEqual(sent, ['NODE_GUNICORN_RESYNC'])
  })

  it('sends no message for the own question of the primary', () => {
    const { channels, posted } = opened()
    const child = add(channels, 1)
    channels.askForOwn()
    assert.deepEqual(posted, [{ kind: 'open page server' }])
    channels.sendPageServer(address)
    assert.deepEqual(child.sent, [])
  })

  it('repeats an open question for the page server to a new thread', () => {
    const { channels, posted } = opened()
    channels.askForOwn()
    posted.length = 0
    channels.replay()
    assert.deepEqual(posted, [{ kind: 'open page server' }])
    assert.equal(ownForkNumber, 0)
  })
})

function opened(): { channels: WorkerChannels; posted: ToThread[] } {
  const posted: ToThread[] = []
  return { channels: new WorkerChannels((message) => posted.push(message)), posted }
}

function add(channels: WorkerChannels, forkNumber: number): Child {
  const child = new Child()
  channels.add(forkNumber, child as unknown as ChildProcess)
  return child
}

function end(channels: WorkerChannels, forkNumber: number): void {
  const [code, signal] = [null, 'SIGKILL']
  channels.apply({ kind: 'ended', forkNumber, at: 0, code, signal, voluntary: false })
}
