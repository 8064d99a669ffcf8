import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import {
  encodePageHead,
  encodePageRequest,
  headLine,
  openHead,
  openRequest,
  type PageHead,
  parsePageHead,
  parsePageRequest,
  requestLine,
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
  test('returns a text that parsePageRequest() reads', () => {
    for (const request of [bare, full]) {
      assert.deepEqual(parsePageRequest(encodePageRequest(request)), request)
    }
  })
})

describe('parsePageRequest()', () => {
  const invalid: Record<string, readonly unknown[]> = {
    version: [undefined, 0, 2, '1'],
    method: [undefined, 'POST', 'get', ''],
    accept: [null, 1, ['text/plain']],
    acceptEncoding: [null, {}, true],
    query: [undefined, null, 1],
    authorization: [null, 1, ['Bearer x']],
    isCertified: [undefined, null, 'true', 1],
  }
  for (const [field, values] of Object.entries(invalid)) {
    test(`refuses a request with an invalid ${field}`, () => {
      const valid: object = JSON.parse(encodePageRequest(full))
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

describe('requestLine() and headLine()', () => {
  const other = 'b'.repeat(64)

  test('return one line that opens with the token alone', () => {
    const line = requestLine(token, full)
    assert.equal(line.indexOf('\n'), line.length - 1)
    assert.deepEqual(openRequest(token, line.trimEnd()), full)
    assert.equal(openRequest(other, line.trimEnd()), undefined)
    const answer = headLine(token, head, line)
    assert.equal(answer.indexOf('\n'), answer.length - 1)
    assert.deepEqual(openHead(token, answer.trimEnd(), line), head)
    assert.equal(openHead(other, answer.trimEnd(), line), undefined)
  })

  test('return lines that nobody can change, cut or use for another request', () => {
    const line = requestLine(token, full).trimEnd()
    const bytes = Buffer.from(line, 'base64')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(openRequest(token, changed.toString('base64')), undefined)
      assert.equal(openRequest(token, bytes.subarray(0, at).toString('base64')), undefined)
    }
    const answer = headLine(token, head, line).trimEnd()
    assert.equal(openHead(token, answer, requestLine(token, full)), undefined)
    assert.equal(openHead(token, line, line), undefined)
    assert.equal(openRequest(token, answer), undefined)
  })
})
