import cluster from 'node:cluster'

/*
 * Cluster workers that tell their figures at SIGUSR2. A worker with a listener of messages would no
 * longer be a bare worker.
 */

/** Forks workers. @returns the port of their server, when all listen. */
export function forkWorkers(count) {
  return new Promise((resolve) => {
    let listening = 0
    cluster.on('listening', (_worker, { port }) => {
      listening += 1
      if (listening === count) resolve(port)
    })
    for (let fork = 0; fork < count; fork += 1) cluster.fork()
  })
}

/** In the primary. @returns what each worker tells. */
export function askWorkers() {
  return Promise.all(Object.values(cluster.workers).map(ask))
}

function ask(worker) {
  return new Promise((resolve) => {
    const take = ({ figures }) => {
      if (figures === undefined) return
      worker.off('message', take)
      resolve(figures)
    }
    worker.on('message', take)
    worker.process.kill('SIGUSR2')
  })
}

/** In a worker. @param read returns the figures. */
export function tellAtSignal(read) {
  process.on('SIGUSR2', () => process.send({ figures: read() }))
}

/** Microseconds of this process with all threads. */
export function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}
