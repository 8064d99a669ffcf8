// Loaded into a primary that has a channel to whom started it: tells what it holds when it is
// asked.
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
