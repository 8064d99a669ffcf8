import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import { OomKills } from '../../../src/state/ends/oom-kills.ts'

const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
after(() => rmSync(directory, { recursive: true }))

const now = 1_700_000_000_000

describe('a kill by the kernel', () => {
  test('from before the first reading hits no worker', () => {
    const { kills } = counted(3)
    kills.update(now)
    assert.equal(kills.take(), false)
  })

  test('hits one worker', () => {
    const { kills, count } = counted(0)
    count(1)
    kills.update(now)
    assert.equal(kills.take(), true)
    assert.equal(kills.take(), false)
    kills.update(now)
    assert.equal(kills.take(), false)
  })

  test('of two workers at once hits both, in any order of readings', () => {
    const { kills, count } = counted(7)
    count(9)
    kills.update(now)
    assert.equal(kills.take(), true)
    kills.update(now + 1)
    assert.equal(kills.take(), true)
    kills.update(now + 2)
    assert.equal(kills.take(), false)
  })

  test('hits no worker before the first reading', () => {
    assert.equal(counted(3).kills.take(), false)
  })

  for (const later of [stateLimits.oomAttributionMs, -stateLimits.oomAttributionMs]) {
    test(`hits a worker that ends ${later} ms later`, () => {
      const { kills, count } = counted(0)
      count(1)
      kills.update(now)
      kills.update(now + later)
      assert.equal(kills.take(), true)
    })
  }

  test('hits no later worker, although other workers end in between', () => {
    const { kills, count } = counted(0)
    count(2)
    kills.update(now)
    assert.equal(kills.take(), true)
    kills.update(now + stateLimits.oomAttributionMs)
    kills.update(now + stateLimits.oomAttributionMs + 1)
    assert.equal(kills.take(), false)
  })

  for (const later of [stateLimits.oomAttributionMs + 1, -stateLimits.oomAttributionMs - 1]) {
    test(`hits no worker that ends ${later} ms later`, () => {
      const { kills, count } = counted(0)
      count(2)
      kills.update(now)
      assert.equal(kills.take(), true)
      kills.update(now + later)
      assert.equal(kills.take(), false)
      count(3)
      kills.update(now + later)
      assert.equal(kills.take(), true)
      assert.equal(kills.take(), false)
    })
  }

  test('is not seen in a counter that falls, and counts from the new value', () => {
    const { kills, count } = counted(5)
    count(0)
    kills.update(now)
    assert.equal(kills.take(), false)
    count(1)
    kills.update(now)
    assert.equal(kills.take(), true)
  })
})

describe('a system without the counter', () => {
  const texts: Record<string, string> = {
    'an empty file': '',
    'no such counter': 'low 0\nhigh 0\nmax 4\noom 2\noom_group_kill 9\n',
    'no number': 'oom_kill many\n',
    'another counter with this suffix': 'x_oom_kill 9\n',
  }
  for (const [title, text] of Object.entries(texts)) {
    test(`has no kills for ${title}, and counts from the first number`, () => {
      const { kills, file, count } = counted(0, text)
      kills.update(now)
      assert.equal(kills.take(), false)
      count(4)
      kills.update(now)
      assert.equal(kills.take(), false)
      count(5)
      kills.update(now)
      assert.equal(kills.take(), true)
      rmSync(file)
      kills.update(now)
      assert.equal(kills.take(), false)
    })
  }

  test('has no kills without a readable file', () => {
    for (const file of [undefined, join(directory, 'none'), directory]) {
      const kills = new OomKills(file)
      kills.update(now)
      assert.equal(kills.take(), false)
    }
  })
})

let files = 0

function counted(first: number, text = events(first)) {
  files += 1
  const file = join(directory, `memory.events.${files}`)
  writeFileSync(file, text)
  return {
    file,
    kills: new OomKills(file),
    count: (kills: number): void => writeFileSync(file, events(kills)),
  }
}

/** As Linux 6 writes it. */
function events(kills: number): string {
  return `low 0\nhigh 0\nmax 12\noom 3\noom_kill ${kills}\noom_group_kill 0\n`
}
