import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { sum } from '../../support/prometheus/page.ts'

const count = 'http_server_request_duration_seconds_count'

/** Closes the connection as soon as `isEnough` says so. */
async function download(port: number, path: string, isEnough: IsEnough): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
    if (isEnough(received)) socket.end()
  })
  if (path === '/unread') socket.once('data', () => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'close')
}

type IsEnough = (received: string) => boolean

/** Whether the text is a head and a whole body. */
function isWhole(received: string): boolean {
  const [head = '', ...body] = received.split('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return body.join('\r\n\r\n').length === Number(length)
}

const hasBody: IsEnough = (received) => received.endsWith('body')

const rows = [
  {
    title: 'is complete at the last byte of a file',
    path: '/file',
    requests: 200,
    isEnough: isWhole,
  },
  { title: 'is complete without an end', path: '/open', requests: 20, isEnough: isWhole },
  { title: 'is aborted after half of the body', path: '/half', requests: 20, isEnough: hasBody },
  {
    title: 'is aborted if bytes wait in the worker',
    path: '/unread',
    requests: 3,
    isEnough: hasBody,
  },
]

for (const { title, path, requests, isEnough } of rows) {
  test(`A response whose client closes the connection ${title}`, async (context) => {
    const app = await startApp({ file: 'apps/routes/downloads.cjs' })
    context.after(() => app.stop())
    const port = await app.ready()
    for (let index = 0; index < requests; index += 1) await download(port, path, isEnough)
    const aborted = title.startsWith('is aborted') ? requests : 0
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, count), requests)
      assert.equal(sum(page, count, { error_type: 'aborted' }) || 0, aborted)
      assert.equal(sum(page, 'gunicorn_worker_failed_requests_total') || 0, aborted)
      assert.equal(sum(page, 'gunicorn_worker_responses_total') || 0, requests - aborted)
    })
  })
}
