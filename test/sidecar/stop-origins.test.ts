import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sidecarLimits } from '../../src/limits/sidecar.ts'
import { stopOrigins } from '../../src/sidecar/stop-origins.ts'

describe('The end of a sidecar', () => {
  test('stops all origins at the same time', async () => {
    const calls: string[] = []
    const originOf = (name: string) => ({
      stop: async () => {
        calls.push(`${name} stops`)
        await null
        calls.push(`${name} has stopped`)
      },
    })
    assert.equal(await stopOrigins([originOf('a'), originOf('b')]), true)
    assert.deepEqual(calls, ['a stops', 'b stops', 'a has stopped', 'b has stopped'])
  })

  test('waits for an origin for at most sidecarLimits.sidecarEndMs', async () => {
    assert.equal(sidecarLimits.sidecarEndMs, 5_000)
    const slow = { stop: () => new Promise<void>(() => {}) }
    const alive = setInterval(() => {}, 1_000)
    assert.equal(await stopOrigins([{ stop: async () => {} }, slow], 10), false)
    clearInterval(alive)
  })
})
