import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { observeUncaughtErrors, onEnd } from '../../../src/collect/process/end.ts'
import { collectLimits } from '../../../src/limits/collect.ts'

const monitor = 'uncaughtExceptionMonitor'
const plain = { showsMessage: true, withoutSecrets: (text: string) => text }

describe('observeUncaughtErrors', () => {
  it('returns the last uncaught error', (t) => {
    const errors = observeUncaughtErrors(plain)
    t.after(errors.stop)
    assert.equal(errors.last(), undefined)
    for (const error of [new TypeError('one'), new RangeError('two')]) process.emit(monitor, error)
    assert.equal(errors.last()?.name, 'RangeError')
    assert.equal(errors.last()?.message, 'two')
  })

  it('forgets an error that the application survived', (t) => {
    let now = 1_000
    const errors = observeUncaughtErrors(plain, () => now)
    t.after(errors.stop)
    process.emit(monitor, new TypeError())
    now += collectLimits.errorToEndMs
    assert.equal(errors.last()?.name, 'TypeError')
    now += 1
    assert.equal(errors.last(), undefined)
  })

  it('throws nothing when the description throws', (t) => {
    const withoutSecrets = (): string => {
      throw new Error('cannot redact')
    }
    const errors = observeUncaughtErrors({ showsMessage: true, withoutSecrets })
    t.after(errors.stop)
    process.emit(monitor, new TypeError('x'))
    assert.equal(errors.last(), undefined)
  })

  it('removes its listener when it stops', () => {
    const before = process.listenerCount(monitor)
    observeUncaughtErrors(plain).stop()
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
    first?.(1)
    process.emit(monitor, new TypeError())
    first?.(1)
    assert.deepEqual(ends, ['aborted', 'TypeError'])
    stop()
    assert.deepEqual(process.listeners('exit'), before)
    process.off('exit', later)
  })
})
