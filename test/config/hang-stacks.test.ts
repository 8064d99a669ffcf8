import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import { hangStackLimits } from '../../src/limits/hang-stacks.ts'
import { sentencesOf } from '../support/config/sentences.ts'

type Sources = Parameters<typeof resolveSettings>[0]

function secondsOf(sources: Partial<Sources>): number | readonly string[] {
  const resolution = resolveSettings({ environment: {}, ...sources })
  return resolution.kind === 'settings'
    ? resolution.settings.hangStackSeconds
    : sentencesOf(resolution.faults)
}

const given = (GUNICORN_HANG_STACKS: string, others = {}): Partial<Sources> => ({
  environment: { GUNICORN_HANG_STACKS, ...others },
})

describe('The setting of stacks', () => {
  test('is off by default, and takes 0 and a range', () => {
    const { leastSeconds, mostSeconds } = hangStackLimits
    assert.equal(secondsOf({}), 0)
    for (const seconds of [0, leastSeconds, 5, mostSeconds]) {
      assert.equal(secondsOf(given(String(seconds))), seconds)
      assert.equal(secondsOf({ options: { hangStackSeconds: seconds } }), seconds)
    }
  })

  for (const text of ['0.4', '3601', '-1', 'on', '0x5', 'Infinity']) {
    test(`refuses ${text} with the range`, () => {
      assert.deepEqual(secondsOf(given(text)), [
        `GUNICORN_HANG_STACKS is "${text}"; allowed is 0 (off) or seconds from 0.5 to 3600.`,
      ])
    })
  }

  test('requires the directory of the primary', () => {
    const off = { PROMETHEUS_MULTIPROC_DIR: 'off' }
    assert.deepEqual(secondsOf(given('5', off)), [
      'PROMETHEUS_MULTIPROC_DIR is off; GUNICORN_HANG_STACKS requires a directory.',
    ])
    assert.equal(secondsOf(given('0', off)), 0)
  })

  test('is below the timeout of run', () => {
    const run = (text: string, GUNICORN_TIMEOUT: string) =>
      secondsOf({ ...given(text, { GUNICORN_TIMEOUT }), command: 'run' })
    assert.deepEqual(run('5', '5'), [
      'GUNICORN_HANG_STACKS is 5; with GUNICORN_TIMEOUT 5 allowed is less than 5.',
    ])
    assert.equal(run('4.9', '5'), 4.9)
    assert.equal(run('5', '0'), 5)
    // A worker does not read the timeout.
    assert.equal(secondsOf(given('5', { GUNICORN_TIMEOUT: '5' })), 5)
  })
})
