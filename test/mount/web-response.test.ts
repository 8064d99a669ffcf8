import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { mountLimits } from '../../src/limits/mount.ts'
import { WebResponse } from '../../src/mount/web-response.ts'
import { eventually } from '../support/programs/app.ts'

describe('WebResponse', () => {
  it('has status, headers of equal names, and all chunks', async () => {
    const source = new WebResponse()
    assert.deepEqual([source.headersSent, source.writableEnded], [false, false])
    source.writeHead(401, { 'WWW-Authenticate': ['Basic', 'Bearer'], 'Content-Length': '6' })
    assert.deepEqual([source.headersSent, source.writableEnded], [true, false])
    source.write(Buffer.from('one'))
    source.end('two')
    assert.deepEqual([source.headersSent, source.writableEnded], [true, true])
    const response = await source.response
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), 'Basic, Bearer')
    assert.equal(response.headers.get('content-length'), '6')
    assert.equal(await response.text(), 'onetwo')
  })

  it('tells the writer when to wait and when to go on', async () => {
    const source = new WebResponse()
    let drains = 0
    source.on('drain', () => {
      drains += 1
    })
    source.writeHead(200, {})
    const chunk = Buffer.alloc(mountLimits.webResponseBytes, 'x')
    assert.equal(source.write(chunk.subarray(1)), true)
    assert.equal(source.write(chunk), false)
    const response = await source.response
    const reader = response.body?.getReader() ?? assert.fail('no body')
    const before = drains
    await reader.read()
    await reader.read()
    await eventually(() => assert.ok(drains > before))
    source.end()
    assert.equal((await reader.read()).done, true)
  })

  it('is closed when the client cancels, once', async () => {
    const source = new WebResponse()
    let closes = 0
    source.on('close', () => {
      closes += 1
    })
    source.writeHead(200, {})
    await (await source.response).body?.cancel()
    assert.equal(source.destroyed, true)
    assert.equal(source.write(Buffer.from('x')), true)
    source.end()
    assert.equal(closes, 1)
  })

  it('breaks the body when the page is not complete', async () => {
    const source = new WebResponse()
    source.writeHead(200, {})
    source.write(Buffer.from('half'))
    source.destroy()
    await assert.rejects((await source.response).text(), /not complete/)
  })

  it('answers 500 when it is destroyed before its head', async () => {
    const source = new WebResponse()
    source.destroy()
    assert.equal((await source.response).status, 500)
  })

  it('calls no listener after off', () => {
    const source = new WebResponse()
    const listener = (): void => assert.fail('called')
    source.on('close', listener)
    source.off('close', listener)
    source.writeHead(200, {})
    source.end()
  })
})
