// The benchmark loads this file into a primary with an IPC channel. The file reports the resources
// of the primary on request.
const cluster = require('node:cluster')

if (cluster.isPrimary && process.send) process.on('message', answer)

function answer() {
  globalThis.gc()
  const { rss, heapUsed } = process.memoryUsage()
  process.send({ rss, heapUsed, listeners: listeners(process) + listeners(cluster) })
}

function listeners(emitter) {
  return emitter.eventNames().reduce((total, name) => total + emitter.listenerCount(name), 0)
}
