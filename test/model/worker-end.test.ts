import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndCause } from '../../src/model/worker-cause.ts'
import { expectedEnds, workerEnd } from '../../src/model/worker-end.ts'

describe('the end of a worker', () => {
  type Row = readonly [code: number | null, signal: string | null, expected: string]
  const rows: readonly Row[] = [
    [0, null, 'exit graceful quit'],
    [1, null, 'error crash error'],
    [2, null, 'error crash error'],
    [137, null, 'error crash error'],
    [255, null, 'error crash error'],
    [-1, null, 'error crash error'],
    [null, null, 'error crash error'],
    [null, 'SIGTERM', 'sigterm forced quit'],
    [null, 'SIGINT', 'sigint forced quit'],
    [null, 'SIGQUIT', 'sigquit forced quit'],
    [null, 'SIGHUP', 'sighup forced quit'],
    [null, 'SIGUSR2', 'sigusr2 forced quit'],
    [null, 'SIGKILL', 'sigkill forced abort'],
    [null, 'SIGABRT', 'abort forced abort'],
    [null, 'SIGBUS', 'sigbus crash abort'],
    [null, 'SIGFPE', 'sigfpe crash abort'],
    [null, 'SIGILL', 'sigill crash abort'],
    [null, 'SIGSEGV', 'sigsegv crash abort'],
    [null, 'SIGTRAP', 'sigtrap crash abort'],
    // A signal tells more than a code, should both be there.
    [0, 'SIGTERM', 'sigterm forced quit'],
    [1, 'SIGKILL', 'sigkill forced abort'],
    [0, '', 'exit graceful quit'],
  ]
  for (const [code, signal, expected] of rows) {
    test(`with code ${code} and signal ${JSON.stringify(signal)} is ${expected}`, () => {
      const { reason, restartType, state } = workerEnd(code, signal)
      assert.equal(`${reason} ${restartType} ${state}`, expected)
    })
  }

  const causes: readonly (readonly [EndCause, string])[] = [
    ['oom', 'oom crash abort'],
    ['heap', 'heap crash abort'],
    ['timeout', 'timeout forced abort'],
    ['hup', 'hup forced abort'],
  ]
  for (const [cause, expected] of causes) {
    test(`by SIGKILL with the cause ${cause} is ${expected}`, () => {
      const { reason, restartType, state } = workerEnd(null, 'SIGKILL', cause)
      assert.equal(`${reason} ${restartType} ${state}`, expected)
    })
  }

  for (const code of [129, 130, 131, 143]) {
    test(`with code ${code} is graceful where the master asked for the end`, () => {
      const end = { reason: 'hup', restartType: 'graceful', state: 'quit' }
      assert.deepEqual(workerEnd(code, null, 'hup'), end)
      assert.equal(workerEnd(code, null).restartType, 'crash')
      assert.equal(workerEnd(code, null, 'timeout').restartType, 'forced')
    })
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']) {
    test(`by ${signal} is graceful where the master asked for the end`, () => {
      const end = { reason: 'hup', restartType: 'graceful', state: 'quit' }
      assert.deepEqual(workerEnd(null, signal, 'hup'), end)
      assert.equal(workerEnd(null, signal, 'timeout').restartType, 'forced')
    })
  }

  test('by code 0 with the cause quit is graceful', () => {
    const end = { reason: 'quit', restartType: 'graceful', state: 'quit' }
    assert.deepEqual(workerEnd(0, null, 'quit'), end)
  })

  test('has an expected end for each usual reason', () => {
    const ends = expectedEnds.map(({ reason, restartType }) => `${reason} ${restartType}`)
    assert.deepEqual(ends, [
      'exit graceful',
      'error crash',
      'quit graceful',
      'abort forced',
      'sigterm forced',
      'sigkill forced',
    ])
  })
})
