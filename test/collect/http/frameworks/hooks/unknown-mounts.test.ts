import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UnknownMounts } from '../../../../../src/collect/http/frameworks/hooks/unknown-mounts.ts'
import { frameworkLimits } from '../../../../../src/limits/frameworks.ts'

describe('UnknownMounts', () => {
  test('put the first prefix in front of each template, whatever their number', () => {
    const mounts = new UnknownMounts()
    for (let each = 0; each < 2 * frameworkLimits.unknownMounts; each += 1) {
      const owner = {}
      assert.equal(mounts.of(owner, '/api', `/${each}`), `/api/${each}`)
      assert.equal(mounts.of(owner, '/api', `/${each}`), `/api/${each}`)
    }
  })

  test('keep a bound of the templates with further prefixes', () => {
    const mounts = new UnknownMounts()
    const owners = [{}, {}, {}]
    const templates = new Set<string>()
    for (let tenant = 0; tenant < 1_000; tenant += 1) {
      for (const [index, owner] of owners.entries()) {
        templates.add(mounts.of(owner, `/tenant${tenant}`, `/${index}`))
      }
    }
    assert.equal(templates.size, frameworkLimits.unknownMounts + 2 * owners.length)
    assert.equal(mounts.of({}, '/tenant0', '/late'), '/tenant0/late')
    assert.equal(mounts.of(owners[0] ?? {}, '/tenant1', '/0'), '/tenant1/0')
  })
})
