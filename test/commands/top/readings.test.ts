import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Readings } from '../../../src/commands/top/readings.ts'
import type { Reading } from '../../../src/commands/top/source/reading.ts'
import { TopFailure } from '../../../src/commands/top/source/top-failure.ts'
import { eventually } from '../../support/programs/app.ts'
import { liveReading } from '../../support/top/documents.ts'

function started(read: (instance: string | null) => Promise<Reading>): {
  readings: Readings
  rounds: (Reading | undefined)[]
} {
  const rounds: (Reading | undefined)[] = []
  const first = liveReading()
  const onRound = (reading: Reading | undefined): void => void rounds.push(reading)
  return { readings: new Readings({ source: { read }, first, onRound }), rounds }
}

describe('Readings', () => {
  test('go on after a failure, and keep the last figures', async () => {
    const next = liveReading({ title: 'next' })
    let count = 0
    const { readings, rounds } = started(async () => {
      count += 1
      if (count === 1) throw new TopFailure('Nothing listens.')
      return next
    })
    readings.pace(0.01, null)
    await eventually(() => assert.equal(readings.failure, 'Nothing listens.'))
    assert.equal(readings.last.document.title, 'shop')
    assert.ok(readings.retrySeconds > 0)
    await eventually(() => assert.equal(readings.last, next))
    assert.equal(readings.failure, undefined)
    readings.stop()
    const { length } = rounds
    assert.ok(length >= 2)
  })

  test('drop the answer for another instance', async () => {
    const answers = new Map<string | null, (reading: Reading) => void>()
    const { readings, rounds } = started(
      (instance) => new Promise((resolve) => answers.set(instance, resolve)),
    )
    readings.pace(0.01, null)
    await eventually(() => assert.ok(answers.has(null)))
    readings.pace(0.01, 'shop-1')
    await eventually(() => assert.ok(answers.has('shop-1')))
    answers.get(null)?.(liveReading({ title: 'all' }))
    answers.get('shop-1')?.(liveReading({ title: 'one' }))
    await eventually(() => assert.equal(rounds.length, 1))
    assert.equal(readings.last.document.title, 'one')
    readings.stop()
  })
})
