import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { pushLimits } from '../../../src/limits/push.ts'
import { isHtml, readAnswer, retryAfterMs } from '../../../src/push/answers/http-answer.ts'
import { httpAnswer } from '../../support/otel/http-answer.ts'

describe('An answer has', () => {
  /** Reads the answer of a server, and the complete body as the client sees the body. */
  async function answerOf(
    head: readonly [status: number, text: string, headers: Record<string, string>],
    body: Buffer,
  ) {
    const server = createServer((_, response) => response.writeHead(...head).end(body))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    try {
      const request = get({
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        agent: false,
      })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      const answer = readAnswer(response)
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      await once(response, 'end')
      return { answer, bytes }
    } finally {
      server.close()
    }
  }

  test('the status, the text, the media type and two headers', async () => {
    const headers = {
      'Content-Type': ' Text/HTML ; charset=utf-8',
      Location: '/login',
      'Retry-After': '7',
    }
    const { answer } = await answerOf([302, 'Moved', headers], Buffer.from('<html>'))
    const { body, ...parts } = answer
    assert.deepEqual(parts, {
      ...{ status: 302, statusText: 'Moved', mediaType: 'text/html' },
      ...{ location: '/login', retryAfter: '7' },
    })
    assert.equal(String(body()), '<html>')
  })

  test('the first pushLimits.answerBytes of a large body', async () => {
    const large = Buffer.alloc(4 * pushLimits.answerBytes, 'x')
    large.write('first')
    const { answer, bytes } = await answerOf([400, 'Bad Request', {}], large)
    assert.equal(bytes, large.length)
    assert.deepEqual(answer.body(), large.subarray(0, pushLimits.answerBytes))
    assert.equal(answer.mediaType, '')
  })
})

describe('A page for people is', () => {
  const rows: readonly (readonly [title: string, mediaType: string, body: string, is: boolean])[] =
    [
      ['a body of text/html', 'text/html', 'Welcome', true],
      ['a body of XHTML', 'application/xhtml+xml', '<p>', true],
      ['a body with a doctype', 'application/json', '\n <!DOCTYPE html><p>', true],
      ['a body with an element html', '', '<HTML lang="en">', true],
      ['no empty body', 'text/html', '  \n', false],
      ['no other text', 'text/plain', 'a <html> page', false],
      ['no JSON', 'application/json', '{}', false],
    ]
  for (const [title, mediaType, body, is] of rows) {
    test(title, () => assert.equal(isHtml(httpAnswer({ mediaType, body })), is))
  }
})

describe('Retry-After is', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const rows: readonly (readonly [retryAfter: string | undefined, ms: number | undefined])[] = [
    ['3', 3_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
    ['Wed, 31 Dec 2025 23:59:59 GMT', undefined],
    ['-3', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [retryAfter, ms] of rows) {
    test(`${ms ?? 'no time'} for ${JSON.stringify(retryAfter)}`, () => {
      assert.equal(retryAfterMs(httpAnswer({ retryAfter }), now), ms)
    })
  }
})
