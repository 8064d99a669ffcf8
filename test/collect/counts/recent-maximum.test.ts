import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RecentMaximum } from '../../../src/collect/counts/recent-maximum.ts'
import { Random } from '../../support/random.ts'

describe('RecentMaximum', () => {
  const parts = 4
  const partMs = 100

  test('is 0 without a value', () => {
    assert.equal(new RecentMaximum({ parts, partMs }, 1_234).read(1_300), 0)
  })

  test('keeps a value for three parts at least and four parts at most', () => {
    for (const at of [1_000, 1_050, 1_099]) {
      const recent = new RecentMaximum({ parts, partMs }, 990)
      recent.add(7, at)
      assert.equal(recent.read(at + 300), 7)
      assert.equal(recent.read(at + 400), 0)
    }
  })

  test('forgets every value after a pause of any length', () => {
    for (const pauseMs of [400, 450, 1_000_000_000]) {
      const recent = new RecentMaximum({ parts, partMs }, 0)
      recent.add(7, 0)
      recent.add(5, 350)
      assert.equal(recent.read(350 + pauseMs), 0)
    }
  })

  test('has the largest value of the last four parts', () => {
    const random = new Random(3)
    const recent = new RecentMaximum({ parts, partMs }, 0)
    const added: [part: number, value: number][] = []
    let now = 0
    for (let step = 0; step < 2_000; step += 1) {
      now += random.below(90)
      const value = random.below(1_000)
      recent.add(value, now)
      const part = Math.floor(now / partMs)
      added.push([part, value])
      const last = added.filter(([of]) => of > part - parts).map(([, each]) => each)
      assert.equal(recent.read(now), Math.max(...last))
    }
  })
})
