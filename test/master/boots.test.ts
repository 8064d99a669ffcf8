import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Boots } from '../../src/master/boots.ts'

test('forks that wait for their pause are taken back, as many as there are', () => {
  let forks = 0
  const boots = new Boots(() => {
    forks += 1
  })
  boots.failed(1)
  for (let fork = 0; fork < 3; fork += 1) boots.forkSoon(1)
  assert.equal(boots.waiting, 3)
  assert.equal(boots.cancel(-1), 0)
  assert.equal(boots.cancel(2), 2)
  assert.equal(boots.waiting, 1)
  assert.equal(boots.cancel(2), 1)
  assert.equal(boots.waiting, 0)
  assert.equal(forks, 0)
})

test('a refused fork waits, though it is the first that fails', () => {
  const boots = new Boots(() => assert.fail('forked at once'))
  boots.forkAgain(4)
  assert.equal(boots.waiting, 1)
  boots.stop()
  assert.equal(boots.waiting, 0)
})
