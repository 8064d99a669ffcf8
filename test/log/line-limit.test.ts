import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LineLimit } from '../../src/log/line-limit.ts'
import { type CodedText, coded } from '../../src/model/errors/coded-text.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe('LineLimit', () => {
  test('prints the first lines of a period, and tells the rest with the next line', async () => {
    const { limit, lines, clock } = started()
    for (let index = 1; index <= 7; index += 1) limit.print(line(`line ${index}`))
    assert.deepEqual(lines, [line('line 1'), line('line 2')])
    await clock.advance(999)
    limit.print(line('line 8'))
    assert.equal(lines.length, 2)
    await clock.advance(1)
    assert.deepEqual(lines.slice(2), [line('6 left out')])
    limit.print(line('line 9'))
    assert.deepEqual(lines.slice(3), [line('line 9')])
  })

  test('tells the lines left out once, in the next line or in the summary', async () => {
    const { limit, lines, clock } = started()
    limit.print(line('line 1'))
    await clock.advance(600)
    for (let index = 2; index <= 3; index += 1) limit.print(line(`line ${index}`))
    // The timer can be late: the event loop is blocked.
    clock.spend(500)
    limit.print(line('line 4'))
    assert.deepEqual(lines, [
      line('line 1'),
      line('line 2'),
      `${line('line 4')} (lines left out before: 1)`,
    ])
    await clock.advance(10_000)
    assert.equal(lines.length, 3)
    assert.equal(clock.pending, 0)
  })
})

function line(text: string): CodedText {
  return coded('GPE_WORKER_DIED', text)
}

function started() {
  const lines: string[] = []
  const clock = new ManualClock()
  const limit = new LineLimit({
    print: (text) => void lines.push(text),
    lines: 2,
    periodMs: 1_000,
    summary: (leftOut) => line(`${leftOut} left out`),
    clock,
  })
  return { limit, lines, clock }
}
