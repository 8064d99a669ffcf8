import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { redacted } from '../../src/log/redact.ts'

describe('A redacted text', () => {
  test('is one line without secrets and passwords of URLs', () => {
    const text = 'cannot reach\nredis://user:secret@host:1 with secret: s3'
    assert.equal(redacted(text, ['s3', '']), 'cannot reach redis://***@host:1 with secret: ***')
  })

  test('has at most 300 characters', () => {
    assert.equal(redacted('x'.repeat(1_000), []).length, 300)
  })
})
