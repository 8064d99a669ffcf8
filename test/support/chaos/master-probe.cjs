// The chaos test loads this file into a master. The file notes the listeners of the master.
const cluster = require('node:cluster')
const { renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const { CHAOS_DIRECTORY: directory } = process.env

if (cluster.isPrimary && directory) setInterval(note, 500).unref()

function note() {
  const file = join(directory, `listeners-${process.pid}`)
  writeFileSync(`${file}.new`, String(count(process) + count(cluster)))
  renameSync(`${file}.new`, file)
}

function count(emitter) {
  return emitter.eventNames().reduce((total, name) => total + emitter.listenerCount(name), 0)
}
