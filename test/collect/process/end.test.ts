import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { observeFatalError, onEnd } from '../../../src/collect/process/end.ts'

const monitor = 'uncaughtExceptionMonitor'

describe('observeFatalError', () => {
  it('returns the name of the last uncaught error', (t) => {
    const fatal = observeFatalError()
    t.after(fatal.stop)
    assert.equal(fatal.errorType(), 'aborted')
    for (const error of [new TypeError(), new RangeError()]) process.emit(monitor, error)
    assert.equal(fatal.errorType(), 'RangeError')
  })

  it('removes its listener when it stops', () => {
    const before = process.listenerCount(monitor)
    observeFatalError().stop()
    assert.equal(process.listenerCount(monitor), before)
  })
})

describe('onEnd', () => {
  it('adds a listener in front of the present exit listeners, and removes it when it stops', () => {
    const later = (): void => {}
    process.on('exit', later)
    const before = process.listeners('exit')
    const ends: string[] = []
    const stop = onEnd((errorType) => ends.push(errorType))
    const [first, ...rest] = process.listeners('exit')
    assert.deepEqual(rest, before)
    process.emit(monitor, new TypeError())
    first?.(1)
    assert.deepEqual(ends, ['TypeError'])
    stop()
    assert.deepEqual(process.listeners('exit'), before)
    process.off('exit', later)
  })
})
