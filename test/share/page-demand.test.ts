import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { PageDemand } from '../../src/share/page-demand.ts'

const longest = shareLimits.longestScrapeGapMs

const cases: readonly (readonly [
  name: string,
  requests: readonly number[],
  next: number | undefined,
])[] = [
  ['nothing before the first request', [], undefined],
  ['nothing after one request', [100], undefined],
  ['the same gap again after two requests', [100, 115], 130],
  ['the same gap again after many requests', [0, 15, 30, 45, 60], 75],
  ['two scrapers in turn: the first', [0, 5, 15, 20], 30],
  ['two scrapers in turn: the second', [0, 5, 15, 20, 30], 35],
  ['a request after the longest gap', [0, longest, 2 * longest], 3 * longest],
  ['nothing after a longer gap', [0, longest + 1, 2 * longest + 2], undefined],
]

describe('PageDemand expects', () => {
  for (const [name, requests, next] of cases) {
    test(name, () => {
      const demand = new PageDemand()
      for (const each of requests) demand.add(each)
      assert.equal(demand.next, next)
    })
  }
})
