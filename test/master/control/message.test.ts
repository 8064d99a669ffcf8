import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  dataResponse,
  errorResponse,
  parseRequest,
  wordsOf,
} from '../../../src/master/control/message.ts'

function parse(value: unknown): unknown {
  return parseRequest(Buffer.from(JSON.stringify(value)))
}

describe('A request', () => {
  test('has an id, a command and operands', () => {
    assert.deepEqual(parse({ id: 7, command: 'worker add 2', args: [] }), {
      id: 7,
      words: ['worker', 'add', '2'],
    })
    assert.deepEqual(parse({ id: 'x', command: ' show ', args: ['workers', 2] }), {
      id: 'x',
      words: ['show', 'workers', '2'],
    })
  })

  test('has the id 0 without an id, as in gunicorn', () => {
    assert.deepEqual(parse({ command: 'help' }), { id: 0, words: ['help'] })
  })

  for (const [title, value] of [
    ['a list', []],
    ['null', null],
    ['a number', 1],
    ['a command that is no text', { command: 1 }],
    ['operands that are no list', { command: 'help', args: 'x' }],
    ['operands that are objects', { command: 'help', args: [{}] }],
    ['an id that is an object', { id: {}, command: 'help' }],
  ] as const) {
    test(`is not ${title}`, () => assert.equal(parse(value), undefined))
  }

  test('is not a text without JSON, also a deep text', () => {
    for (const text of ['', '{', '['.repeat(60_000), '\xff']) {
      assert.equal(parseRequest(Buffer.from(text, 'latin1')), undefined)
    }
  })
})

test('Quotation marks keep blanks in a word of a command', () => {
  assert.deepEqual(wordsOf(`show  "two words" 'and "more"' ''`), [
    'show',
    'two words',
    'and "more"',
    '',
  ])
})

test('An answer has the id of its request, and no text that controls a terminal', () => {
  assert.deepEqual(dataResponse(3, { count: 1 }), { id: 3, status: 'ok', data: { count: 1 } })
  assert.deepEqual(errorResponse(3, 'no\u001b[2J'), {
    id: 3,
    status: 'error',
    error: 'no\\u{1b}[2J',
  })
})
