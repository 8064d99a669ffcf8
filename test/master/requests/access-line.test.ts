import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { requestLimits } from '../../../src/limits/tools/requests.ts'
import { accessLine } from '../../../src/master/requests/access-line.ts'
import { SeenRequest } from '../../../src/master/requests/seen-request.ts'
import type { RequestFacts } from '../../../src/model/request/request-end.ts'
import { endOf } from '../../support/request-ends.ts'

interface Given {
  readonly facts?: Partial<RequestFacts>
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
}

function seen({ facts = {}, ...head }: Given = {}): SeenRequest {
  return new SeenRequest(endOf(facts, head))
}

function line(format: string, given?: Given): string {
  return accessLine(format)(seen(given))
}

describe('A line of the access log', () => {
  test('has the values of the atoms', () => {
    const format = '%(h)s %(l)s %(u)s %(r)s %(m)s %(U)s %(q)s %(H)s %(s)s %(b)s %(B)s %(f)s %(a)s'
    assert.equal(
      line(format),
      '10.0.0.1 - - GET /a/b?c=d&e HTTP/1.1 GET /a/b c=d&e HTTP/1.1 200 0 0 - -',
    )
    assert.equal(line('%(T)s %(M)s %(D)s %(L)s'), '1 1234 1234567 1.234568')
    assert.equal(line('%(p)s 100%%'), `<${process.pid}> 100%`)
    assert.match(line('%(t)s'), /^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]$/)
  })

  test('has headers of the request and the response, and variables', () => {
    const headers = { 'x-id': 'a"b', authorization: `Basic ${btoa('joe:secret')}` }
    const format = '%({X-Id}i)s %({x-id}o)s %({HTTP_X_ID}e)s %({PATH_INFO}e)s %(u)s %({no}i)s'
    assert.equal(line(format, { headers }), 'a\\"b 7 a\\"b /a/b joe -')
  })

  test('says 499 when the client left before the response', () => {
    assert.equal(line('%(s)s', { facts: { status: undefined, abort: 'aborted' } }), '499')
  })

  test('is an object in JSON', () => {
    const read = JSON.parse(line('json', { facts: { abort: 'aborted', route: '/a/:id' } }))
    const { time, pid, ...others } = read
    assert.match(time, /^\d{4}-.*Z$/)
    assert.equal(pid, process.pid)
    assert.deepEqual(others, {
      remote_address: '10.0.0.1',
      method: 'GET',
      path: '/a/b',
      query: 'c=d&e',
      protocol: 'HTTP/1.1',
      route: '/a/:id',
      status: 200,
      response_bytes: 0,
      duration_seconds: 1.234568,
      aborted: true,
    })
  })

  test('in JSON, bounds each value and changes no terminal', () => {
    const long = 'x'.repeat(requestLimits.valueChars + 1)
    const given = { facts: { target: `/${long}?${long}` }, headers: { 'user-agent': '\u009b2J' } }
    const text = line('json', given)
    const { path, query, user_agent: agent } = JSON.parse(text)
    assert.equal(path.length, requestLimits.valueChars)
    assert.equal(query.length, requestLimits.valueChars)
    assert.equal(agent, '\u009b2J')
    assert.match(text, /^[ -~]+$/)
  })

  test('escapes a method', () => {
    assert.equal(line('%(m)s|%(r)s', { method: 'A"\n' }), 'A\\"\\x0A|A\\"\\x0A /a/b?c=d&e HTTP/1.1')
  })
})
