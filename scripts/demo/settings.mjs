import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { DemoError } from './demo-error.mjs'

const preload = fileURLToPath(new URL('../../dist/register.cjs', import.meta.url))
// No other file of the demo reads the environment.
const { env } = process
const anyPortAttempts = 20

/** The addresses and the environment of the application, checked. */
export async function resolveSettings(args) {
  const unknown = args.find((argument) => argument !== '--once')
  if (unknown !== undefined) throw new DemoError(`${unknown} is not an option; allowed is --once.`)
  if (!existsSync(preload)) throw new DemoError('The package is not built yet. Run: npm run build')
  const metricsHost = env.PROMETHEUS_BIND_ADDRESS || '127.0.0.1'
  const port = await claimPort('PORT', 8000, '127.0.0.1')
  const metricsPort = await claimPort('PROMETHEUS_METRICS_PORT', 9091, metricsHost)
  return {
    once: args.includes('--once'),
    preload,
    workers: 2,
    port,
    url: `http://127.0.0.1:${port}/`,
    metricsUrl: `http://${reachable(metricsHost)}:${metricsPort}/metrics`,
    liveUrl: `http://${reachable(metricsHost)}:${metricsPort}/`,
    opensBrowser: hasDisplay(),
    env: {
      ...foreignVariables(),
      WORKERS: '2',
      PORT: String(port),
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: metricsHost,
      GUNICORN_HANG_STACKS: '2',
    },
  }
}

/** Whether a person sits at this terminal, and could see a browser. */
function hasDisplay() {
  if (!process.stdout.isTTY || env.CI) return false
  if (process.platform === 'darwin' || process.platform === 'win32') return !env.SSH_CONNECTION
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** A port that is free at this moment. 0 stands for any port. */
async function claimPort(variable, fallback, host) {
  const text = env[variable] || String(fallback)
  const wanted = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(wanted <= 65_535)) {
    throw new DemoError(
      `${variable} is ${JSON.stringify(text)}; allowed is a port from 0 to 65535.`,
    )
  }
  if (wanted === 0) return await anyPort(variable, host)
  try {
    await listenOnce(wanted, host)
  } catch (error) {
    throw refusal({ variable, wanted, host, error })
  }
  return wanted
}

/**
 * A free port that the operating system does not give to outgoing connections. Another program
 * could otherwise get the port before the application listens.
 */
async function anyPort(variable, host) {
  for (let attempt = 1; ; attempt += 1) {
    const port = 20_000 + Math.floor(12_000 * Math.random())
    try {
      await listenOnce(port, host)
      return port
    } catch (error) {
      if (error.code === 'EADDRINUSE' && attempt < anyPortAttempts) continue
      throw refusal({ variable, wanted: port, host, error })
    }
  }
}

async function listenOnce(port, host) {
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

function refusal({ variable, wanted, host, error }) {
  const reasons = {
    EADDRINUSE: `Port ${wanted} on ${host} is taken by another program.`,
    EACCES: `Port ${wanted} on ${host} is not allowed for this user.`,
  }
  const where = variable === 'PORT' ? '' : ' and PROMETHEUS_BIND_ADDRESS'
  const failure = `Cannot listen on port ${wanted} of ${host}: ${error.message}.`
  const other = `${failure} Change ${variable}${where}.`
  const advice = `Choose another one: ${variable}=${wanted + 1} npm run demo`
  const reason = reasons[error.code]
  return new DemoError(reason ? `${reason}\n${advice}` : other, { cause: error })
}

/**
 * This shell's variables without the settings of the package: every user sees the same demo.
 */
function foreignVariables() {
  const own = /^(?:PROMETHEUS|OTEL|GUNICORN|REDIS|SIDECAR)_/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)))
}

/** An address to connect to for an address to listen on. */
function reachable(host) {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
