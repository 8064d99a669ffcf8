import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { parseRun } from '../../src/commands/run/run-options.ts'
import { table } from '../../src/config/table.ts'
import { eventually, fixtures, freePort, startProgram } from '../support/programs/app.ts'
import { latestFirst } from '../support/programs/belongings.ts'
import { get } from '../support/programs/load.ts'
import { startNotifyReceiver } from '../support/programs/notify-receiver.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { readUnit, unitFolder } from '../support/programs/unit-file.ts'
import { need, systemdAnalyze, systemdNotify } from '../support/tools.ts'

const service = readUnit('app.service')

function only(key: string): string {
  const [value, ...others] = service.get(key) ?? []
  assert.deepEqual(others, [], key)
  return value ?? assert.fail(`no ${key}`)
}

/** The arguments after `run` in ExecStart. */
function runArguments(): string[] {
  const words = only('ExecStart').split(' ')
  return words.slice(words.indexOf('run') + 1)
}

/** Seconds in a unit file. */
function seconds(key: string): number {
  const value = Number(only(key))
  assert.ok(value > 0, key)
  return value
}

/** Units with the paths of this machine, and an application in the place of /srv/app. */
async function installed(context: Pick<TestContext, 'after'>): Promise<string> {
  const directory = await temporaryDirectory(context)
  const modules = join(directory, 'srv/node_modules')
  await mkdir(modules, { recursive: true })
  const root = join(import.meta.dirname, '../..')
  await symlink(root, join(modules, 'gunicorn-prometheus-exporter'))
  await cp(join(fixtures, 'apps/run/served.cjs'), join(directory, 'srv/server.js'))
  for (const name of ['app.service', 'app.socket']) {
    const text = await readFile(join(unitFolder, name), 'utf8')
    await writeFile(join(directory, name), here(text, directory))
  }
  return directory
}

function here(text: string, directory: string): string {
  return text.replaceAll('/srv/app', join(directory, 'srv')).replaceAll('/usr/bin/node', node)
}

/** Its path has no space, unlike the path of other programs. */
const node = process.execPath

describe('The units in deploy/systemd', () => {
  test('pass the parser of systemd without a message', async (context) => {
    const program = need(context, systemdAnalyze())
    if (program === undefined) return
    const directory = await installed(context)
    const units = ['app.service', 'app.socket'].map((name) => join(directory, name))
    const verify = (): { status: number | null; text: string } => {
      const { status, stdout, stderr } = spawnSync(program, ['verify', '--man=no', ...units], {
        encoding: 'utf8',
      })
      return { status, text: `${stdout}${stderr}` }
    }
    assert.deepEqual(verify(), { status: 0, text: '' })
    // The parser finds a wrong line.
    const [path = ''] = units
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('KillMode=mixed', 'KillMode=gentle'))
    assert.match(verify().text, /kill mode/i)
  })

  test('start the master with options that exist', () => {
    const request = parseRun(runArguments(), {})
    assert.equal(request.kind, 'run', JSON.stringify(request))
    if (request.kind !== 'run') return
    const { gracefulTimeoutMs, bootTimeoutMs, app } = request.settings
    assert.equal(app, 'server.js')
    assert.ok(1_000 * seconds('TimeoutStopSec') > gracefulTimeoutMs)
    assert.ok(1_000 * seconds('TimeoutStartSec') > bootTimeoutMs)
  })

  test('set only variables that exist, and nothing that stops the compiler of Node.js', () => {
    const known = Object.values(table).flatMap(({ env }): readonly string[] => env)
    for (const line of service.get('Environment') ?? []) {
      const [name = ''] = line.split('=')
      assert.ok(name === 'NODE_ENV' || known.includes(name), name)
    }
    assert.equal(service.has('MemoryDenyWriteExecute'), false)
    assert.equal(only('Type'), 'notify')
    assert.equal(only('NotifyAccess'), 'all')
    assert.equal(only('KillMode'), 'mixed')
  })

  test('start, reload and stop a real master by their own lines', async (context) => {
    if (need(context, systemdNotify()) === undefined) return
    const belongings = latestFirst(context)
    const receiver = await startNotifyReceiver(belongings)
    const directory = await installed(belongings)
    const [port, metricsPort] = [await freePort(), await freePort()]
    const variables = (service.get('Environment') ?? []).map((line): [string, string] => {
      const [name = '', ...value] = line.replaceAll('%t/app', directory).split('=')
      return [name, value.join('=')]
    })
    const command = here(only('ExecStart'), directory).split(' ')
    const watchdog = 'WATCHDOG_PID=$$ exec "$0" "$@"'
    const { child, stderr, ended } = startProgram(
      ['sh', '-c', watchdog, ...command],
      {
        ...Object.fromEntries(variables),
        NOTIFY_SOCKET: receiver.socket,
        WATCHDOG_USEC: String(seconds('WatchdogSec') * 1_000_000),
        PROMETHEUS_METRICS_PORT: String(metricsPort),
        PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
        PORT: String(port),
      },
      join(directory, 'srv'),
    )
    belongings.after(() => void child.kill('SIGKILL'))
    await eventually(() => assert.deepEqual(receiver.states(), ['READY=1'], stderr()), 60_000)
    assert.equal((await get(port, '/')).status, 200)
    const reload = only('ExecReload').replace('$MAINPID', String(child.pid)).split(' ')
    const [program = '', ...args] = reload
    assert.equal((await once(spawn(program, args), 'exit'))[0], 0)
    await eventually(() => assert.equal(receiver.states().at(-1), 'READY=1'), 60_000)
    await eventually(() => assert.equal(receiver.states().length, 4, stderr()), 60_000)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, { code: 0, signal: null })
    await eventually(() => assert.equal(receiver.states().at(-1), 'STOPPING=1'))
  })
})
