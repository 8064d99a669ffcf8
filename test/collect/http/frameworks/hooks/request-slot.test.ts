import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import type { Framework } from '../../../../../src/collect/http/frameworks/hooks/framework.ts'
import {
  ownerOf,
  requestSlots,
  slotsKey,
  storeError,
  storeRoute,
} from '../../../../../src/collect/http/frameworks/hooks/request-slot.ts'
import * as routes from '../../../../../src/collect/http/routes.ts'

const framework: Framework = {
  name: 'test',
  templateOf: (pointer) => String((pointer as { url: unknown }).url),
  errorOf: (pointer) => (pointer as { error?: unknown }).error,
}

function newRequest(): IncomingMessage {
  return new IncomingMessage(new Socket())
}

function routeOf(request: object): string | undefined {
  return routes.routeOf(request, routes.slotOf(request), undefined)
}

function errorOf(request: object): unknown {
  return routes.errorOf({ request, response: undefined, slot: routes.slotOf(request) })
}

describe('A slot', () => {
  test('does not show on the request', () => {
    const request = newRequest()
    const before = [Reflect.ownKeys(request), inspect(request, { showHidden: true })]
    storeRoute(request, framework, { url: '/a' })
    assert.deepEqual([Reflect.ownKeys(request), inspect(request, { showHidden: true })], before)
    assert.equal(routeOf(request), '/a')
    assert.equal(routeOf({ ...request }), undefined)
    assert.equal(JSON.stringify(Object.keys({ ...request })), JSON.stringify(Object.keys(request)))
    assert.deepEqual(Object.keys(globalThis), Object.keys({ ...globalThis }))
    assert.ok(!Object.keys(globalThis).includes(String(slotsKey)))
  })

  test('keeps the latest route and the first error', () => {
    const request = newRequest()
    storeRoute(request, framework, { url: '/a' })
    storeRoute(request, framework, { url: '/b' })
    storeError(request, undefined)
    storeError(request, 'first')
    storeError(request, 'second')
    assert.deepEqual([routeOf(request), errorOf(request)], ['/b', 'first'])
  })

  test('is missing where a Proxy of the application throws, which counts as a fault', () => {
    const request = new Proxy(newRequest(), { get: () => assert.fail('a Proxy') })
    const { faults } = requestSlots()
    storeRoute(request, framework, { url: '/a' })
    storeError(request, 'first')
    assert.equal(requestSlots().faults, faults + 2)
  })

  test('prefers the template of the application', () => {
    const request = newRequest()
    storeRoute(request, framework, { url: '/a' })
    requestSlots().open(request).template = '/own'
    assert.equal(routeOf(request), '/own')
  })

  test('asks the framework for an error that the framework keeps itself', () => {
    const request = newRequest()
    storeRoute(request, framework, { url: '/a', error: 'kept' })
    assert.equal(errorOf(request), 'kept')
  })

  test('takes no value but objects', () => {
    for (const value of [undefined, null, 1, 'x']) {
      storeRoute(value, framework, {})
      storeError(value, new Error('x'))
    }
  })

  test('belongs to the stream of an HTTP/2 request', () => {
    const stream = {}
    assert.equal(ownerOf({ httpVersionMajor: 2, stream }), stream)
    const detached = { httpVersionMajor: 2, stream: null }
    assert.equal(ownerOf(detached), detached)
    const http1 = { httpVersionMajor: 1, stream }
    assert.equal(ownerOf(http1), http1)
  })
})

test('A framework of another form falls back and counts as a fault', () => {
  const request = newRequest()
  const { faults } = requestSlots()
  storeRoute(request, framework, undefined)
  assert.equal(routeOf(request), undefined)
  assert.equal(errorOf(request), undefined)
  assert.equal(requestSlots().faults, faults + 2)
})
