import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { EndOfRun, type EndOfRunOptions } from '../../../src/commands/run/end-of-run.ts'

const lingerMs = 150

describe('The end of a master', () => {
  for (const [title, cause, given, code] of [
    ['by TERM', 'term', {}, 0],
    ['by an upgrade', 'usr2', {}, 0],
    ['by QUIT after boots that failed', 'quit', {}, 3],
    ['by INT at a terminal', 'int', { isOnTerminal: () => true }, 0],
    ['by INT without the setting', 'int', { lastScrapeSeconds: 0 }, 0],
  ] as const) {
    test(`${title} waits for the lines of the log alone`, (context) => {
      const { end, codes, tick, asked } = started(context, given)
      end.begin(code, cause)
      tick(lingerMs - 1)
      assert.deepEqual(codes, [])
      tick(1)
      assert.deepEqual([codes, asked()], [[code], 0])
    })
  }

  for (const cause of ['int', 'quit'] as const) {
    test(`by ${cause} waits for a scrape, for a time`, (context) => {
      const { end, codes, tick, asked } = started(context)
      end.begin(0, cause)
      tick(lingerMs)
      assert.equal(asked(), 1)
      tick(1_999)
      assert.deepEqual(codes, [])
      tick(1)
      assert.deepEqual(codes, [0])
    })
  }

  test('comes at the scrape, once', (context) => {
    const { end, codes, tick, scrape } = started(context)
    end.begin(0, 'quit')
    tick(lingerMs)
    scrape()
    assert.deepEqual(codes, [0])
    tick(10_000)
    end.signalled('int')
    assert.deepEqual(codes, [0])
  })

  test('comes at another signal to end, and at no other signal', (context) => {
    const { end, codes, tick } = started(context)
    end.signalled('int')
    end.begin(0, 'int')
    tick(lingerMs)
    for (const reason of ['hup', 'usr1', 'winch'] as const) end.signalled(reason)
    assert.deepEqual(codes, [])
    end.signalled('term')
    assert.deepEqual(codes, [0])
  })

  for (const [moment, before, after] of [
    ['while the workers end', 2, 0],
    ['before the wait', 1, 1],
  ] as const) {
    test(`does not wait for a scrape after a second signal ${moment}`, (context) => {
      const { end, codes, tick, asked } = started(context)
      for (let signals = 0; signals < before; signals += 1) end.signalled('int')
      end.begin(0, 'int')
      for (let signals = 0; signals < after; signals += 1) end.signalled('int')
      tick(lingerMs)
      assert.deepEqual([codes, asked()], [[0], 0])
    })
  }
})

function started(context: TestContext, given: Partial<EndOfRunOptions> = {}) {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const codes: number[] = []
  const waiting: (() => void)[] = []
  const end = new EndOfRun({
    log: { write: () => {} },
    lastScrapeSeconds: 2,
    awaitScrape: (done) => void waiting.push(done),
    exit: (code) => void codes.push(code),
    isOnTerminal: () => false,
    ...given,
  })
  return {
    end,
    codes,
    asked: () => waiting.length,
    scrape: () => waiting[0]?.(),
    tick: (ms: number) => context.mock.timers.tick(ms),
  }
}
