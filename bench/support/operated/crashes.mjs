import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  childrenOf,
  cpuSecondsOf,
  descriptorCount,
  isAlive,
  umaskOf,
  userOf,
} from './processes.mjs'
import { get, OperatedServer, until } from './server.mjs'

/* Crashes, hangs, and what a service manager asks. Each scenario returns a text. */

const launcher = fileURLToPath(new URL('launch.py', import.meta.url))
const launch = (...args) => ['python3', launcher, ...args]

/** Acts on a server that serves. */
async function served(program, settings, act) {
  const server = await OperatedServer.start(program, settings)
  try {
    await server.serves()
    return await act(server)
  } finally {
    server.remove()
  }
}

/** Whether a started server serves. Removes the server. */
async function outcomeOfStart(server) {
  try {
    await until(() => server.get('/'), 'answer', 10_000)
    return 'serves'
  } catch {
    return server.ended ? `exit code ${server.ended.code}` : 'does not serve'
  } finally {
    server.remove()
  }
}

const two = ['--workers', '2', '--graceful-timeout', '10']

export const crashes = {
  'the application fails at its import': async (program) => {
    const server = await OperatedServer.start(program, { options: two })
    try {
      writeFileSync(join(server.directory, 'broken'), '')
      await until(() => server.ended, 'end', 20_000).catch(() => {})
      const forks = server.count(/Booting worker with pid/)
      if (!server.ended) return `${forks} forks in 20 s, and no end`
      return `${forks} forks, then exit code ${server.ended.code}`
    } finally {
      server.remove()
    }
  },

  'workers that die 0.2 s after they serve, for 10 s': async (program) => {
    const server = await OperatedServer.start(program, { options: two })
    try {
      writeFileSync(join(server.directory, 'short'), '')
      await sleep(10_000)
      const forks = server.count(/Booting worker with pid/)
      if (server.ended) return `${forks} forks, then exit code ${server.ended.code}`
      const cpu = cpuSecondsOf([server.pid]) / 10
      return `${forks} forks, ${cpu.toFixed(2)} of a core`
    } finally {
      server.remove()
    }
  },

  'start with the stale unix socket of a killed master': async (program) => {
    const server = await OperatedServer.start(program, { options: two, socket: true })
    await server.serves()
    server.stop()
    const { directory } = server
    await sleep(500)
    const second = await OperatedServer.start(program, { options: two, socket: true, directory })
    return await outcomeOfStart(second)
  },

  'KILL of the master while a worker spins': (program) =>
    served(program, { options: [...two, '--timeout', '3'] }, async (server) => {
      void server.get('/hang', 20_000)
      await sleep(500)
      const workers = server.workers
      const start = performance.now()
      server.signal('SIGKILL')
      await until(() => !workers.some(isAlive), 'end', 20_000).catch(() => {})
      const seconds = ((performance.now() - start) / 1_000).toFixed(1)
      const left = workers.filter(isAlive).length
      return left > 0
        ? `${left} of 2 workers live on for more than 20 s`
        : `all end in ${seconds} s`
    }),

  'a worker hangs (timeout 3 s), 20 requests meanwhile': (program) =>
    served(
      program,
      { options: [...two, '--timeout', '3', ...program.oneByOne] },
      async (server) => {
        await sleep(1_500)
        const before = descriptorCount(server.pid)
        const hung = get(server.address, '/hang', 20_000)
        await sleep(300)
        const start = performance.now()
        const others = Array.from({ length: 20 }, async () => {
          const body = await get(server.address, '/', 15_000)
          return { body, tookMs: performance.now() - start }
        })
        const answers = await Promise.all(others)
        await hung
        await sleep(2_500)
        const answered = answers.filter(({ body }) => body !== undefined).length
        const late = answers.filter(({ tookMs }) => tookMs > 1_000).length
        const leaked = descriptorCount(server.pid) - before
        return `${answered} of 20 answered, ${late} of them late; ${leaked} descriptors leaked`
      },
    ),

  'the machine pauses for 8 s (timeout 3 s)': (program) =>
    served(program, { options: [...two, '--timeout', '3'] }, async (server) => {
      await sleep(1_500)
      const all = [server.pid, ...server.workers]
      const workers = server.workers
      for (const pid of all) process.kill(pid, 'SIGSTOP')
      await sleep(8_000)
      for (const pid of all) process.kill(pid, 'SIGCONT')
      await sleep(3_000)
      return `${workers.filter((pid) => !isAlive(pid)).length} of 2 workers killed`
    }),

  'the terminal goes away': (program) =>
    served(program, { options: two, through: () => launch('pty') }, async (server) => {
      await sleep(500)
      const [master] = childrenOf(server.child.pid)
      server.child.kill('SIGUSR1')
      await until(() => !isAlive(master), 'end', 10_000).catch(() => {})
      if (!isAlive(master)) return 'the master ends'
      return (await server.get('/')) === undefined ? 'lives on, and does not serve' : 'lives on'
    }),

  'pid file under umask 077': (program) =>
    served(program, { options: [...two, '--pid', 'pid'], through: () => umask }, (server) => {
      const mode = statSync(join(server.directory, 'pid')).mode & 0o777
      return `mode 0${mode.toString(8)}`
    }),

  'stale pid file, whose pid lives as another program': async (program) => {
    const server = await OperatedServer.start(program, {
      options: [...two, '--pid', 'pid'],
      through: () => [
        'sh',
        '-c',
        `echo ${process.pid} > pid; touch -d 2020-01-01 pid; exec "$@"`,
        'sh',
      ],
    })
    return await outcomeOfStart(server)
  },

  'messages of sd_notify: start, HUP, TERM': async (program) => {
    const through = ({ directory }) => launch('notify', join(directory, 'notify'))
    return await served(program, { options: two, through }, async (server) => {
      await sleep(2_000)
      const old = server.workers
      process.kill(server.child.pid, 'SIGHUP')
      await until(() => !old.some(isAlive), 'reload', 10_000).catch(() => {})
      await sleep(2_000)
      process.kill(server.child.pid, 'SIGTERM')
      await server.gone()
      await sleep(300)
      const file = join(server.directory, 'notify')
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const names = [...text.matchAll(/\b(READY|RELOADING|STOPPING|STATUS|MAINPID|WATCHDOG)=/g)]
      return names.length === 0 ? 'none' : [...new Set(names.map(([, name]) => name))].join(', ')
    })
  },

  'socket activation by LISTEN_FDS': async (program) => {
    const through = ({ port }) => launch('listen', String(port))
    const server = await OperatedServer.start(program, { options: two, through })
    return await outcomeOfStart(server)
  },

  '`--umask 0027` and `--env NOTE=text`': (program) =>
    served(
      program,
      { options: [...two, '--umask', '0027', '--env', 'NOTE=text'] },
      async (server) =>
        `umask ${umaskOf(server.workers[0])}, the application reads “${await server.get('/note')}”`,
    ),

  '`--user nobody` as root': async (program) => {
    const server = await OperatedServer.start(program, {
      options: [...two, '--user', 'nobody', '--pid', 'pid'],
      through: ({ directory }) => {
        chmodSync(directory, 0o755)
        chownSync(directory, 65_534, 65_534)
        return []
      },
    })
    try {
      await until(() => server.get('/'), 'answer', 10_000)
      const users = server.workers.map(userOf)
      return `master ${userOf(server.pid)}, workers ${[...new Set(users)].join(', ')}`
    } catch {
      return server.ended ? `exit code ${server.ended.code}` : 'does not serve'
    } finally {
      server.remove()
    }
  },
}

const umask = ['sh', '-c', 'umask 077; exec "$@"', 'sh']
