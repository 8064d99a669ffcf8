import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { systemdLimits } from '../../../src/limits/master.ts'
import { Notifier } from '../../../src/master/systemd/notifier.ts'
import { testLog } from '../../support/master/bench.ts'

interface Bench {
  readonly notifier: Notifier
  readonly sent: string[][]
  /** Ends the message under way. */
  readonly end: (fault?: string) => void
  readonly setStatus: (text: string | undefined) => void
  readonly faults: string[]
  readonly lines: () => string[]
}

function bench(context: TestContext): Bench {
  const { log, lines } = testLog(context)
  const sent: string[][] = []
  const faults: string[] = []
  let status: string | undefined = 'first'
  let done: ((fault: string | undefined) => void) | undefined
  const notifier = new Notifier({
    log,
    status: () => status,
    countFault: (part) => void faults.push(part),
    send(message, onEnd) {
      assert.equal(done, undefined, 'two messages at a time')
      sent.push([...message])
      done = onEnd
    },
  })
  return {
    ...{ notifier, sent, faults, lines },
    end(fault) {
      const act = done
      done = undefined
      act?.(fault)
    },
    setStatus(text) {
      status = text
    },
  }
}

describe('Notifier', () => {
  test('sends one message at a time, in order, with the newest status', (context) => {
    const { notifier, sent, end, setStatus } = bench(context)
    notifier.tell({ kind: 'ready' })
    notifier.tell({ kind: 'reloading', microseconds: 1n })
    notifier.ping()
    notifier.tell({ kind: 'stopping' })
    setStatus('second')
    assert.deepEqual(sent, [['READY=1', 'STATUS=first']])
    end()
    end()
    end()
    assert.deepEqual(sent.slice(1), [
      ['RELOADING=1', 'MONOTONIC_USEC=1', 'WATCHDOG=1', 'STATUS=second'],
      ['STOPPING=1', 'STATUS=second'],
    ])
  })

  test('sends a status alone only if the status is new', (context) => {
    const { notifier, sent, end, setStatus } = bench(context)
    notifier.tellStatus()
    end()
    notifier.tellStatus()
    assert.deepEqual(sent, [['STATUS=first']])
    setStatus(`a text\n\0of two lines ${'x'.repeat(1_000)}`)
    notifier.tellStatus()
    const text = sent[1]?.[0] ?? ''
    assert.ok(text.startsWith('STATUS=a text of two lines x'))
    assert.equal(text.length, 'STATUS='.length + systemdLimits.statusChars)
  })

  test('sends no status where another process tells the status', (context) => {
    const { notifier, sent, setStatus } = bench(context)
    setStatus(undefined)
    notifier.tellStatus()
    notifier.ping()
    assert.deepEqual(sent, [['WATCHDOG=1']])
  })

  test('repeats a change that failed, before the next change', (context) => {
    const { notifier, sent, end, faults } = bench(context)
    notifier.tell({ kind: 'ready' })
    notifier.tell({ kind: 'stopping' })
    end('ended with SIGTERM')
    end()
    end()
    assert.deepEqual(
      sent.map(([line]) => line),
      ['READY=1', 'READY=1', 'STOPPING=1'],
    )
    assert.deepEqual(faults, [])
  })

  test('gives up a change after three attempts, and logs one line until a success', (context) => {
    const { notifier, sent, end, faults, lines } = bench(context)
    notifier.tell({ kind: 'ready' })
    notifier.tell({ kind: 'stopping' })
    for (let count = 0; count < 2 * systemdLimits.attempts; count += 1) end('no such socket')
    assert.equal(sent.length, 6)
    assert.deepEqual(faults, ['systemd', 'systemd'])
    assert.deepEqual(lines(), ['[WARNING] Cannot notify systemd: no such socket'])
    notifier.ping()
    end()
    notifier.ping()
    end('gone again')
    assert.equal(lines().length, 2)
  })

  test('finishes at once without a message, and otherwise after the last', (context) => {
    const { notifier, end, setStatus } = bench(context)
    setStatus(undefined)
    const finished: string[] = []
    notifier.finish(1_000, () => void finished.push('idle'))
    assert.deepEqual(finished, ['idle'])
    notifier.tell({ kind: 'ready' })
    notifier.tell({ kind: 'stopping' })
    notifier.finish(60_000, () => void finished.push('sent'))
    end()
    assert.deepEqual(finished, ['idle'])
    end()
    assert.deepEqual(finished, ['idle', 'sent'])
  })

  test('finishes after the limit when a message hangs', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { notifier } = bench(context)
    notifier.tell({ kind: 'stopping' })
    let isFinished = false
    notifier.finish(500, () => {
      isFinished = true
    })
    context.mock.timers.tick(499)
    assert.equal(isFinished, false)
    context.mock.timers.tick(1)
    assert.equal(isFinished, true)
  })
})
