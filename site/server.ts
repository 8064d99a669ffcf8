import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

export interface SiteServer {
  /** Address of the landing page. */
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface ServerOptions {
  /** Folder of the built site. */
  readonly dist: string
  /** Path of the site, such as `/` or `/docs/`. */
  readonly base: string
  /** 0: any free port. */
  readonly port: number
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
}

/** Serves the built site on loopback, as a host of static files does. */
export async function serveSite({ dist, base, port }: ServerOptions): Promise<SiteServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.startsWith(base) ? pathname.slice(base.length) : '404.html'
    answer(response, dist, path).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${taken}${base}`, stop }
}

async function answer(response: ServerResponse, dist: string, path: string): Promise<void> {
  const place = normalize(
    decodeURIComponent(path === '' || path.endsWith('/') ? `${path}index.html` : path),
  )
  const content = place.startsWith('..') ? undefined : await contentOf(join(dist, place))
  if (content !== undefined) {
    response.writeHead(200, { 'content-type': types[extname(place)] ?? 'application/octet-stream' })
    response.end(content)
    return
  }
  response.writeHead(404, { 'content-type': types['.html'] })
  response.end(await readFile(join(dist, '404.html')))
}

async function contentOf(file: string): Promise<Buffer | undefined> {
  return await readFile(file).catch(() => undefined)
}
