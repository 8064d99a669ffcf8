import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashSlot } from '../../../src/share/redis/hash-slot.ts'

test('The slot of a hash tag is the slot that Redis computes', () => {
  const slots = { '': 0, foo: 12_182, bar: 5_061, '123456789': 12_739, gunicorn: 3_962, ä: 13_929 }
  for (const [text, slot] of Object.entries(slots)) assert.equal(hashSlot(text), slot, text)
})
