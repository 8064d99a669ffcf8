import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

/*
 * The programs that processes of an application load. Their text costs time at the start, and
 * memory in each process. Raise a limit only for code that the process needs at once.
 */

const dist = join(import.meta.dirname, '../dist')

/** kB, some percent above the present size. */
const limits: Readonly<Record<string, number>> = {
  'register.cjs': 100,
  'register.mjs': 100,
  'runtime.cjs': 660,
  'exporter-thread.cjs': 760,
  'agent.cjs': 120,
  'watchdog-thread.cjs': 50,
  'profile-thread.cjs': 30,
}

describe('The program', () => {
  for (const [file, limit] of Object.entries(limits)) {
    test(`${file} has at most ${limit} kB of ASCII`, () => {
      const path = join(dist, file)
      const { size } = statSync(path)
      assert.ok(size <= limit * 1_000, `${size} bytes`)
      // V8 would keep two bytes for each character.
      assert.equal(readFileSync(path, 'utf8').length, size)
    })
  }
})
