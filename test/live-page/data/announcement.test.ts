import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { announcement, heardOf } from '../../../src/live-page/data/announcement.ts'
import type { LiveDocument } from '../../../src/model/live/live-document.ts'

type Facts = Pick<LiveDocument, 'workers' | 'deaths'>

function facts(states: Readonly<Record<string, string>>, deaths: readonly string[] = []): Facts {
  const workers = Object.entries(states).map(([workerId, state]) => ({ workerId, state }))
  const ended = deaths.map((workerId, index) => {
    return { workerId, reason: 'oom', endedAt: 1_000 + deaths.length - index }
  })
  return { workers, deaths: ended } as unknown as Facts
}

describe('The live region', () => {
  test('says nothing at first, and nothing twice', () => {
    const hanging = facts({ a: 'hanging' }, ['b'])
    assert.equal(announcement(undefined, hanging), '')
    assert.equal(announcement(heardOf(hanging), hanging), '')
  })

  test('names a worker that hangs, runs again or ends', () => {
    const heard = heardOf(facts({ a: 'running', c: 'hanging' }))
    const next = facts({ a: 'hanging', c: 'running' }, ['b'])
    assert.equal(announcement(heard, next), 'a hangs. c runs again. b ended: oom.')
  })

  test('counts several workers', () => {
    const heard = heardOf(facts({ a: 'running', b: 'running' }))
    const next = facts({ a: 'hanging', b: 'hanging' }, ['c', 'd'])
    assert.equal(announcement(heard, next), '2 workers hang. 2 workers ended.')
  })
})
