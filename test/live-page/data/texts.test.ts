import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { livePageLimits } from '../../../src/limits/tools/live-page.ts'
import { describedFields } from '../../../src/live-page/data/described-fields.ts'
import { workerState } from '../../../src/live-page/data/worker-state.ts'

describe('The fields of a part of the exporter', () => {
  test('have their names in words, and nested fields with both names', () => {
    const record = {
      lastSuccessAt: null,
      failures: 12_345,
      isSending: true,
      lastAnswer: { status: 200, errors: {} },
      name_clash: 1.23456,
    }
    assert.deepEqual(describedFields(record), [
      ['Last success at', '–'],
      ['Failures', '12,345'],
      ['Is sending', 'yes'],
      ['Last answer, status', '200'],
      ['Last answer, errors', 'none'],
      ['Name clash', '1.23'],
    ])
  })

  test('are bounded in number and depth', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, 1]))
    assert.equal(describedFields(many).length, livePageLimits.fields)
    const deep: Record<string, unknown> = {}
    deep['a'] = deep
    assert.deepEqual(describedFields(deep), [['A, a, a, a, a', '…']])
  })
})

describe('A worker', () => {
  test('has a word and a sign for each state', () => {
    const shown = (state: string, listening = false): string => {
      const { word, sign } = workerState({ state, listening })
      return `${sign} ${word}`
    }
    assert.equal(shown('running', true), '● listening')
    assert.equal(shown('running'), '○ running')
    assert.equal(shown('hanging', true), '▲ hanging')
    assert.equal(shown('stopped'), '■ stopped')
    assert.equal(shown('draining'), '◆ draining')
  })
})
