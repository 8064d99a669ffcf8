import type { Server as HttpServer } from 'node:http'
import type { Http2Server } from 'node:http2'
import type { Server } from 'node:net'

/*
 * Recognises a server by properties and not by class, because a class test would load `node:http`
 * in a process without HTTP.
 */

/** Whether a server speaks HTTP of any version. */
export function isHttpServer(server: Server): boolean {
  return isHttp1Server(server) || isHttp2Server(server)
}

export function isHttp1Server(server: Server): server is HttpServer {
  return 'headersTimeout' in server && typeof server.headersTimeout === 'number'
}

export function isHttp2Server(server: Server): server is Http2Server {
  return 'updateSettings' in server && typeof server.updateSettings === 'function'
}

export function isTlsServer(server: Server): boolean {
  return 'setSecureContext' in server && typeof server.setSecureContext === 'function'
}
