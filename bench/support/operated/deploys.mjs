import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { operatedLoad } from './load.mjs'
import { isAlive } from './processes.mjs'
import { get, OperatedServer, until } from './server.mjs'

/* Deploys and changes of the number of workers. Each scenario returns a text. */

const workers = ['--workers', '2', '--graceful-timeout', '10', '--keep-alive', '2']

/** Starts a server, acts under load, and tells the outcome of the requests. */
async function underLoad(program, { options = workers, load: lanes, act }) {
  const server = await OperatedServer.start(program, { options })
  try {
    await server.serves()
    const load = operatedLoad(server.address, lanes)
    await sleep(500)
    const text = await act(server, load)
    await sleep(1_000)
    return `${outcome(await load.stop())}${text ?? ''}`
  } finally {
    server.remove()
  }
}

function outcome({ completed, failed, failures }) {
  const kinds = [...failures].map(([kind, count]) => `${count} ${kind}`)
  const details = kinds.length > 0 ? ` (${kinds.join(', ')})` : ''
  return `${failed} of ${completed + failed} failed${details}`
}

/** Waits until no worker of before is left. */
async function replaced(old) {
  await until(() => !old.some(isAlive), 'new workers')
}

export const deploys = {
  'deploy by HUP, four times, under load': (program) =>
    underLoad(program, {
      async act(server) {
        for (let time = 0; time < 4; time += 1) {
          const old = server.workers
          server.signal('SIGHUP')
          await replaced(old)
          await sleep(300)
        }
      },
    }),

  'TTIN and TTOU, three times each, under load': (program) =>
    underLoad(program, {
      async act(server) {
        for (const signal of ['SIGTTIN', 'SIGTTOU']) {
          for (let time = 0; time < 3; time += 1) {
            server.signal(signal)
            await sleep(700)
          }
        }
      },
    }),

  '`max_requests` 200, under load for 8 s': (program) =>
    underLoad(program, {
      options: [...workers, '--max-requests', '200'],
      async act(server) {
        const old = server.workers
        await sleep(8_000)
        return old.some(isAlive) ? '; no worker was replaced' : ''
      },
    }),

  'WINCH and 3 s later HUP, one stream open': async (program) => {
    const options = [...workers, '--pid', 'pid', '--log-file', 'log', ...program.daemon]
    const server = await OperatedServer.start(program, { options })
    try {
      await server.serves()
      void server.get('/stream', 20_000)
      await sleep(500)
      const load = operatedLoad(server.address)
      await sleep(500)
      server.signal('SIGWINCH')
      await sleep(3_000)
      server.signal('SIGHUP')
      await until(() => server.get('/'), 'answer')
      await sleep(2_000)
      const ended = await load.stop()
      return `${outcome(ended)}, ${(ended.gapMs / 1_000).toFixed(1)} s without an answer`
    } finally {
      server.remove()
    }
  },

  'broken release at HUP, then a good one': (program) =>
    underLoad(program, {
      async act(server) {
        const broken = join(server.directory, 'broken')
        writeFileSync(broken, '')
        server.signal('SIGHUP')
        await sleep(4_000)
        if (server.ended) return `; the master ended with code ${server.ended.code}`
        const old = server.workers
        rmSync(broken)
        const start = performance.now()
        server.signal('SIGHUP')
        await replaced(old)
        const seconds = ((performance.now() - start) / 1_000).toFixed(1)
        return `; the next HUP took ${seconds} s`
      },
    }),

  'USR2, then TERM of the old master, under load': (program) => upgraded(program, 'old'),
  'USR2, then TERM of the new master, under load': (program) => upgraded(program, 'new'),

  'TERM of the only worker, under load': (program) =>
    underLoad(program, {
      options: ['--workers', '1', ...workers.slice(2)],
      async act(server) {
        const old = server.workers
        process.kill(old[0], 'SIGTERM')
        await replaced(old)
      },
    }),

  'KILL of the only worker, under load': (program) =>
    underLoad(program, {
      options: ['--workers', '1', ...workers.slice(2)],
      load: { keepAliveLanes: 0, closeLanes: 4 },
      async act(server) {
        process.kill(server.workers[0], 'SIGKILL')
        await sleep(3_000)
      },
    }),

  'stop: TERM to the whole group, 4 slow requests in flight': async (program) => {
    const server = await OperatedServer.start(program, { options: workers })
    try {
      await server.serves()
      const slow = Array.from({ length: 4 }, () => get(server.address, '/slow', 10_000))
      await sleep(400)
      const booted = server.count(/Booting worker with pid/)
      process.kill(-server.child.pid, 'SIGTERM')
      const answered = (await Promise.all(slow)).filter((body) => body !== undefined).length
      await server.gone()
      const extra = server.count(/Booting worker with pid/) - booted
      return `${answered} of 4 answered, ${extra} extra forks`
    } finally {
      server.remove()
    }
  },
}

/** The successor is a master of its own: its pid file names it. */
async function upgraded(program, ended) {
  return await underLoad(program, {
    options: [...workers, '--pid', 'pid', '--log-file', 'log'],
    async act(server) {
      const old = server.pid
      server.signal('SIGUSR2')
      await until(() => newMaster(server, old) !== undefined, 'new master')
      const successor = newMaster(server, old)
      await sleep(2_500)
      const [leaving, staying] = ended === 'old' ? [old, successor] : [successor, old]
      process.kill(leaving, 'SIGTERM')
      await server.gone(leaving)
      await sleep(500)
      return isAlive(staying) ? '' : '; no master is left'
    },
  })
}

/** The pid of the master that has written the latest start into the log. */
function newMaster(server, old) {
  const starts = server.log.matchAll(/\[(\d+)\] \[INFO\] (?:Starting gunicorn|Starting, pid)/g)
  const pids = Array.from(starts, ([, pid]) => Number(pid))
  return pids.findLast((pid) => pid !== old)
}
