import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exporterLimits } from '../../../src/limits/exporter.ts'
import { ThreadQuestion } from '../../../src/preload/thread/thread-question.ts'
import type { ForwarderStatus } from '../../../src/share/sharing-status.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('ThreadQuestion', () => {
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

  it('resolves with undefined after exporterLimits.answerMs', async () => {
    const { question, posts, clock } = asking()
    const answer = question.ask()
    await clock.advance(exporterLimits.answerMs - 1)
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

function asking(): {
  question: ThreadQuestion<ForwarderStatus>
  posts: unknown[]
  clock: ManualClock
} {
  const posts: unknown[] = []
  const clock = new ManualClock()
  const question = new ThreadQuestion<ForwarderStatus>(() => posts.push('asked'), clock)
  return { question, posts, clock }
}
