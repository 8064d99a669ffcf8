/** All workers serve for the first time. */
export function whenReady(server) {
  console.error(`hook: the master ${server.pid} is ready`)
}

/** SIGHUP, before new workers start. */
export function onReload(server) {
  console.error(`hook: the master ${server.pid} reloads`)
}

/** A worker has ended. */
export function workerExit(_server, worker) {
  console.error(`hook: worker ${worker.age} has ended, reason ${worker.reason}`)
}
