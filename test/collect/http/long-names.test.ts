import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Endpoints } from '../../../src/collect/counts/endpoints.ts'
import { NameLimit } from '../../../src/collect/counts/name-limit.ts'
import { errorTypeOf } from '../../../src/collect/http/error-type.ts'
import { OperationRoutes } from '../../../src/collect/http/operation-route.ts'
import { collectLimits } from '../../../src/limits/collect.ts'

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')

const names = 50
const nameBytes = 2 ** 20
/** A tenth of all names. */
const mostBytes = (names * nameBytes) / 10

/** Memory that stays after `keep` has seen many long names. A client can send the names. */
function keptBytes(keep: (name: string) => void): number {
  gc()
  const before = process.memoryUsage()
  for (let each = 0; each < names; each += 1) {
    keep(JSON.parse(`"${each}${'n'.repeat(nameBytes)}"`) as string)
  }
  gc()
  const after = process.memoryUsage()
  return after.heapUsed + after.external - before.heapUsed - before.external
}

describe('The start of a long name keeps no long text in memory', () => {
  test('of an error', () => {
    const types = new NameLimit(collectLimits.errorTypes)
    const bytes = keptBytes((name) => {
      types.admit(errorTypeOf(Object.assign(new Error('x'), { name })), types)
    })
    assert.ok(bytes < mostBytes, `${bytes} bytes`)
    assert.equal(types.overflowed, 0)
  })

  test('of a route', () => {
    const endpoints = new Endpoints()
    const bytes = keptBytes((name) => {
      endpoints.of({ route: `/${name}`, target: '/', status: 200 })
    })
    assert.ok(bytes < mostBytes, `${bytes} bytes`)
    assert.equal(endpoints.overflowed.templates, 0)
  })

  test('of a GraphQL operation', () => {
    const routes = new OperationRoutes(names)
    const endpoints = new Endpoints()
    const bytes = keptBytes((name) => {
      const route = routes.of(name, '/graphql', '/graphql')
      endpoints.of({ route, target: '/', status: 200 })
    })
    assert.ok(bytes < mostBytes, `${bytes} bytes`)
    assert.equal(endpoints.overflowed.templates, 0)
  })
})
