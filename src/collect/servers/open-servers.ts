import type { Server } from 'node:net'
import { isHttpServer } from './server-kind.ts'

/** The HTTP servers of this process that listen already. Empty for servers of a cluster worker. */
export function openServers(): Server[] {
  // Node has no public list of servers.
  const list: unknown = Reflect.get(process, '_getActiveHandles')
  if (typeof list !== 'function') return []
  const handles: readonly unknown[] = list.call(process)
  return handles.filter(isOpenServer)
}

function isOpenServer(handle: unknown): handle is Server {
  if (typeof handle !== 'object' || handle === null) return false
  return Reflect.get(handle, 'listening') === true && isHttpServer(handle as Server)
}
