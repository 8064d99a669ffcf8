import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { messageIn, partialSuccessIn } from '../../../src/push/answers/answer-body.ts'
import type { HttpAnswer } from '../../../src/push/answers/http-answer.ts'
import { httpOutcome } from '../../../src/push/answers/http-outcome.ts'
import { fieldsOf } from '../../../src/push/answers/protobuf-fields.ts'
import { httpAnswer } from '../../support/otel/http-answer.ts'
import { Random } from '../../support/random.ts'

function answer(mediaType: string, body: string | Uint8Array, status = 400): HttpAnswer {
  return httpAnswer({ mediaType, body, status })
}

const [json, protobuf] = ['application/json', 'application/x-protobuf']
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

describe('The message of a refusal comes from', () => {
  const rows: readonly (readonly [string, string, string | Uint8Array, string])[] = [
    ['a Status in protobuf', protobuf, hex('08031206626164206d37'), 'bad m7'],
    ['a Status in JSON', json, '{"code":3,"message":"bad m7"}', 'bad m7'],
    ['an error in JSON', json, '{"error":"bad m7"}', 'bad m7'],
    ['a plain text', 'text/plain', 'bad m7', 'bad m7'],
    ['nothing in an empty body', protobuf, '', ''],
    ['nothing in broken JSON', json, '{"message":', ''],
    ['nothing in JSON of another form', json, '[{"message":7}]', ''],
    ['nothing in broken protobuf', protobuf, hex('12ff'), ''],
    ['nothing in a page', 'text/html', '<html>secret</html>', ''],
    ['nothing in a body of an unknown type', 'image/png', 'bad', ''],
  ]
  for (const [title, mediaType, body, expected] of rows) {
    test(title, () => assert.equal(messageIn(answer(mediaType, body)), expected))
  }

  test('a body that is shown on one short line', () => {
    const outcome = httpOutcome(answer('text/plain', `a\n\tb${' long'.repeat(900)}`), [])
    assert.ok(outcome.kind === 'refused')
    assert.match(outcome.reason, /^400 Bad Request: a b long long/)
    assert.ok(outcome.reason.length <= 300)
  })
})

describe('A partial success is', () => {
  const told = { rejectedPoints: 3, message: 'bad' }
  const rows: readonly (readonly [string, string, string | Uint8Array, unknown])[] = [
    ['read from protobuf', protobuf, hex('0a0708031203626164'), told],
    [
      'read from JSON with a text',
      json,
      '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"bad"}}',
      told,
    ],
    [
      'read from JSON with a number',
      json,
      '{"partialSuccess":{"rejectedDataPoints":3,"errorMessage":"bad"}}',
      told,
    ],
    [
      'a warning without points',
      protobuf,
      hex('0a051203626164'),
      { rejectedPoints: 0, message: 'bad' },
    ],
    ['read without a message', protobuf, hex('0a020803'), { rejectedPoints: 3, message: '' }],
    [
      'read beside unknown fields',
      protobuf,
      hex('10011d000000000a020803'),
      { rejectedPoints: 3, message: '' },
    ],
    ['absent in an empty body', protobuf, '', undefined],
    ['absent if empty', protobuf, hex('0a00'), undefined],
    ['absent if null', json, '{"partialSuccess":null}', undefined],
    ['absent in other JSON', json, '[]', undefined],
    ['absent in broken bytes', protobuf, hex('0a7f08'), undefined],
    [
      'absent with a negative number',
      json,
      '{"partialSuccess":{"rejectedDataPoints":-3}}',
      undefined,
    ],
  ]
  for (const [title, mediaType, body, expected] of rows) {
    test(title, () => assert.deepEqual(partialSuccessIn(answer(mediaType, body, 200)), expected))
  }
})

test('Random bytes of a receiver throw nothing but a RangeError in the reader', () => {
  const random = new Random(1)
  for (let count = 0; count < 20_000; count += 1) {
    const body = Uint8Array.from({ length: random.below(40) }, () => random.below(256))
    const mediaType = random.pick([json, protobuf, 'text/plain', ''])
    for (const status of [200, 400]) httpOutcome(answer(mediaType, body, status), [])
    try {
      fieldsOf(body)
    } catch (error) {
      assert.ok(error instanceof RangeError)
    }
  }
})
