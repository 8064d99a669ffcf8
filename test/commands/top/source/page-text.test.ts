import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePageText } from '../../../../src/commands/top/source/page-text.ts'

function read(text: string): [string, Record<string, string>, number][] | undefined {
  return parsePageText(text)?.map(({ name, labels, value }) => [
    name,
    Object.fromEntries(labels),
    value,
  ])
}

describe('A page', () => {
  test('has samples with labels, escapes, times and exemplars', () => {
    const text = String.raw`# HELP gunicorn_worker_state s
gunicorn_worker_state{worker_id="a\"b\\c\nd",state="running",} 1
gunicorn_worker_x{ a = "1" } 1
`.replace(' a = "1" ', ' a="1" , b="}" ')
    assert.deepEqual(read(text), [
      ['gunicorn_worker_state', { worker_id: 'a"b\\c\nd', state: 'running' }, 1],
      ['gunicorn_worker_x', { a: '1', b: '}' }, 1],
    ])
    const others = 'gunicorn_master_a 1.5e3 1795944048\ngunicorn_master_b{} +Inf # {a="b"} 1\n# EOF'
    assert.deepEqual(read(others), [
      ['gunicorn_master_a', {}, 1_500],
      ['gunicorn_master_b', {}, Number.POSITIVE_INFINITY],
    ])
  })

  test('keeps only samples that top reads', () => {
    assert.deepEqual(read('# TYPE go_x gauge\ngo_x 1\ngunicorn_worker_a 2\r\n'), [
      ['gunicorn_worker_a', {}, 2],
    ])
    assert.deepEqual(read('# TYPE go_x gauge\ngo_x 1\n'), [])
  })

  const wrong = {
    HTML: '<!doctype html>\n<p>gunicorn_worker_a 1',
    JSON: '{"gunicorn_worker_a": 1}',
    'an empty text': '',
    'a label without quotes': 'gunicorn_worker_a{b=c} 1',
    'a label without an end': 'gunicorn_worker_a{b="c} 1',
    'a line without a value': 'gunicorn_worker_a',
    'a value that is no number': 'gunicorn_worker_a one',
    'labels without a comma': 'gunicorn_worker_a{b="1"c="2"} 1',
    'a line that is too long': `gunicorn_worker_a{b="${'x'.repeat(70_000)}"} 1`,
  }
  for (const [title, text] of Object.entries(wrong)) {
    test(`is not ${title}`, () => assert.equal(parsePageText(text), undefined))
  }

  test('with hostile lines is read in a time that grows with its length only', () => {
    const line = `gunicorn_worker_a{${'b="\\\\",'.repeat(9_000)} 1`
    assert.equal(parsePageText(Array.from({ length: 50 }, () => line).join('\n')), undefined)
  })
})
