import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LastScrape } from '../../src/exporter/last-scrape.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe('LastScrape', () => {
  test('is over at once where nobody has scraped', () => {
    const { last, events } = started()
    last.await()
    assert.deepEqual(events, ['scraped'])
  })

  test('waits for a new page where somebody scraped lately', () => {
    const { last, events, clock } = started()
    last.delivered()
    clock.spend(exporterLimits.scraperSeenMs)
    last.await()
    assert.deepEqual(events, ['refresh'])
    last.delivered()
    last.delivered()
    assert.deepEqual(events, ['refresh', 'scraped'])
  })

  test('does not wait for a scraper that is gone', () => {
    const { last, events, clock } = started()
    last.delivered()
    clock.spend(exporterLimits.scraperSeenMs + 1)
    last.await()
    assert.deepEqual(events, ['scraped'])
  })
})

function started() {
  const events: string[] = []
  const clock = new ManualClock()
  const last = new LastScrape({
    refresh: () => void events.push('refresh'),
    onScraped: () => void events.push('scraped'),
    clock,
  })
  return { last, events, clock }
}
