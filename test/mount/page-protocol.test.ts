import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import {
  encodePageHead,
  encodePageRequest,
  type PageHead,
  parsePageHead,
  parsePageRequest,
} from '../../src/mount/page-protocol.ts'

const token = 'a'.repeat(64)
const bare: PageRequest = {
  method: 'GET',
  accept: undefined,
  acceptEncoding: undefined,
  query: '',
  authorization: undefined,
  isCertified: false,
}
const full: PageRequest = {
  method: 'HEAD',
  accept: 'text/plain\n"größe"',
  acceptEncoding: 'gzip',
  query: 'name[]=a&name[]=b?c',
  authorization: 'Bearer x',
  isCertified: true,
}
const headers = { Vary: 'Accept', 'WWW-Authenticate': ['Basic', 'Bearer'] }
const head: PageHead = { status: 200, headers, bodyBytes: 3 }
const invalidTexts = ['', 'null', '1', '[]', '{}', '"text"', '{"version":1}', '{', '\u0000']

describe('encodePageRequest()', () => {
  test('returns one line, which parsePageRequest() reads', () => {
    for (const request of [bare, full]) {
      const line = encodePageRequest({ token, request })
      assert.equal(line.indexOf('\n'), line.length - 1)
      assert.deepEqual(parsePageRequest(line), { token, request })
    }
  })
})

describe('parsePageRequest()', () => {
  const invalid: Record<string, readonly unknown[]> = {
    version: [undefined, 0, 2, '1'],
    token: [undefined, null, 1, [token]],
    method: [undefined, 'POST', 'get', ''],
    accept: [null, 1, ['text/plain']],
    acceptEncoding: [null, {}, true],
    query: [undefined, null, 1],
    authorization: [null, 1, ['Bearer x']],
    isCertified: [undefined, null, 'true', 1],
  }
  for (const [field, values] of Object.entries(invalid)) {
    test(`refuses a request with an invalid ${field}`, () => {
      const valid: object = JSON.parse(encodePageRequest({ token, request: full }))
      for (const value of values) {
        assert.equal(parsePageRequest(JSON.stringify({ ...valid, [field]: value })), undefined)
      }
    })
  }

  test('refuses a text that is not a request', () => {
    for (const text of invalidTexts) assert.equal(parsePageRequest(text), undefined)
  })
})

describe('parsePageHead()', () => {
  test('reads the text that encodePageHead() returns', () => {
    assert.deepEqual(parsePageHead(encodePageHead(head)), head)
  })

  const invalid: Record<string, readonly unknown[]> = {
    version: [undefined, 2],
    status: [undefined, 100, 99, 600, 200.5, '200', null],
    headers: [undefined, null, [], { a: 1 }, { a: [1] }, { a: { b: 'c' } }, { a: null }],
    bodyBytes: [undefined, -1, 1.5, 1e300, '3'],
  }
  for (const [field, values] of Object.entries(invalid)) {
    test(`refuses a head with an invalid ${field}`, () => {
      const valid: object = JSON.parse(encodePageHead(head))
      for (const value of values) {
        assert.equal(parsePageHead(JSON.stringify({ ...valid, [field]: value })), undefined)
      }
    })
  }

  test('refuses a text that is not a head', () => {
    for (const text of invalidTexts) assert.equal(parsePageHead(text), undefined)
  })
})
