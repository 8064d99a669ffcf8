import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { ForwarderQuestion } from '../../src/preload/thread/forwarder-question.ts'
import type { ForwarderStatus } from '../../src/share/sharing-status.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe('ForwarderQuestion', () => {
  it('asks once for simultaneous callers and again after an answer', async () => {
    const { question, posts, clock } = asking()
    const answers = [question.ask(), question.ask()]
    assert.equal(posts.length, 1)
    question.answer(status)
    assert.deepEqual(await Promise.all(answers), [status, status])
    assert.equal(clock.pending, 0)
    void question.ask()
    assert.equal(posts.length, 2)
  })

  it('resolves with undefined after exporterLimits.forwarderStatusMs', async () => {
    const { question, posts, clock } = asking()
    const answer = question.ask()
    await clock.advance(exporterLimits.forwarderStatusMs - 1)
    void question.ask()
    assert.equal(posts.length, 1)
    await clock.advance(1)
    assert.equal(await answer, undefined)
  })

  it('ignores an answer without a question', () => {
    const { question } = asking()
    assert.doesNotThrow(() => question.answer(undefined))
  })
})

const status = { isConnected: true } as unknown as ForwarderStatus

function asking(): { question: ForwarderQuestion; posts: unknown[]; clock: ManualClock } {
  const posts: unknown[] = []
  const clock = new ManualClock()
  const question = new ForwarderQuestion(() => posts.push('asked'), clock)
  return { question, posts, clock }
}
