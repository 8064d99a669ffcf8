import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseOffer } from '../../../src/share/hand-over/offer.ts'

const token = 'a'.repeat(64)
const offer = { version: 2, port: 4_711, token, endpoint: { descriptor: 5, address: '{}' } }

describe('parseOffer', () => {
  test('takes an offer with and without an endpoint', () => {
    assert.deepEqual(parseOffer(JSON.stringify(offer)), offer)
    const without = { ...offer, endpoint: undefined }
    assert.deepEqual(parseOffer(JSON.stringify(without)), without)
  })

  const refused: Record<string, unknown> = {
    'no text': undefined,
    'no JSON': '{',
    'no object': '[]',
    'another version': JSON.stringify({ ...offer, version: 1 }),
    'port 0': JSON.stringify({ ...offer, port: 0 }),
    'a short token': JSON.stringify({ ...offer, token: 'abc' }),
  }
  for (const [name, text] of Object.entries(refused))
    test(`refuses ${name}`, () => assert.equal(parseOffer(text), undefined))

  test('leaves out an endpoint on a standard stream', () => {
    const text = JSON.stringify({ ...offer, endpoint: { descriptor: 2, address: '{}' } })
    assert.equal(parseOffer(text)?.endpoint, undefined)
  })
})
