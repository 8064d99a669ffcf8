import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { answer } from '../support/answer.mjs'

/*
 * A plain server of one page from memory, compressed once. Its clients receive the bytes of the
 * exporter's clients. So the server shows the cost of the clients and of the bytes alone.
 */

let page = Buffer.alloc(0)
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': page.length }).end(page)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

answer({ ready: () => server.address().port, copy })

/** Takes the page of that port. */
async function copy({ port }) {
  const headers = { 'accept-encoding': 'gzip' }
  const [response] = await once(
    get({ host: '127.0.0.1', port, path: '/metrics', headers }),
    'response',
  )
  page = await buffer(response)
  return page.length
}
