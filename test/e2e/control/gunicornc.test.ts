import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { controlledMaster, servingPids } from '../../support/control/control-client.ts'
import { eventually } from '../../support/programs/app.ts'
import { need, pythonWithGunicorn } from '../../support/tools.ts'

/* gunicorn's own client, of PyPI, drives a master of `run`. */

interface Output {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @param input lines for the interactive client. */
async function gunicornc(python: string, args: readonly string[], input = ''): Promise<Output> {
  const child = spawn(python, ['-m', 'gunicorn.ctl.cli', ...args])
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (output.stdout += chunk))
  child.stderr.on('data', (chunk) => (output.stderr += chunk))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...output }
}

describe('gunicornc', () => {
  test('shows and steers the master: each command, as a table and as JSON', async (context) => {
    const python = need(context, pythonWithGunicorn())
    if (python === undefined) return
    const master = await controlledMaster(context, { options: ['-w', '2'] })
    const { socket } = master
    const [first = 0, second = 0] = await servingPids(socket, 2)
    const table = async (command: string): Promise<string> => {
      const { code, stdout, stderr } = await gunicornc(python, ['-s', socket, '-c', command])
      assert.deepEqual([code, stderr], [0, ''])
      return stdout
    }
    const json = async (command: string): Promise<Record<string, unknown>> => {
      const { code, stdout, stderr } = await gunicornc(python, ['-s', socket, '-j', '-c', command])
      assert.deepEqual([code, stderr], [0, ''])
      return JSON.parse(stdout)
    }
    const beat = '\\d+(?:\\.\\d+)?s ago'
    const row = (pid: number, age: number): string => `${pid} +${age} +yes +${beat}`

    await context.test('show workers', async () => {
      const rows = new RegExp(`^PID +AGE +BOOTED +LAST_BEAT\n-+\n${row(first, 1)}\n`)
      assert.match(await table('show workers'), rows)
      assert.match(await table('show workers'), /\n\nTotal: 2 workers\n$/)
      const { workers, count } = await json('show workers')
      assert.equal(count, 2)
      const [{ last_heartbeat: lastBeat, ...worker }] = workers as [Record<string, unknown>]
      assert.deepEqual(worker, {
        ...{ pid: first, age: 1, booted: true, aborted: false, state: 'serving' },
      })
      assert.equal(typeof lastBeat, 'number')
    })

    await context.test('show all', async () => {
      const text = await table('show all')
      assert.match(text, new RegExp(`^ARBITER \\(master\\)\n  PID: ${master.child.pid}\n`))
      assert.match(text, new RegExp(`WEB WORKERS \\(2\\)\n.*\n.*\n  ${row(first, 1)}\n`))
      assert.match(text, /DIRTY ARBITER\n {2}\(not running\)/)
      const { arbiter, web_worker_count: count } = await json('show all')
      const role = { type: 'arbiter', role: 'master' }
      assert.deepEqual([arbiter, count], [{ pid: master.child.pid, ...role }, 2])
    })

    await context.test('show stats', async () => {
      const text = await table('show stats')
      assert.match(text, /^Uptime: +(?:\d+m )?\d+s\nPID: +\d+\nWorkers current: +2\n/)
      assert.match(text, /Workers target: +2\nWorkers spawned: +2\nWorkers killed: +0\nReloads: +0/)
      assert.equal((await json('show stats'))['pid'], master.child.pid)
    })

    await context.test('show listeners', async () => {
      const address = `http://127.0.0.1:${master.port}`
      assert.match(await table('show listeners'), new RegExp(`\n${address} +tcp +\\d+\n`))
      const { listeners } = await json('show listeners')
      const [{ fd, ...listener }] = listeners as [Record<string, unknown>]
      assert.deepEqual([listener, typeof fd], [{ address, type: 'tcp' }, 'number'])
    })

    await context.test('show config', async () => {
      const text = await table('show config')
      assert.match(text, /^bind: 127\.0\.0\.1:\d+$/m)
      assert.match(text, /^workers: 2$/m)
      assert.match(text, /^GUNICORN_WORKERS: 2$/m)
      const config = await json('show config')
      assert.equal(config['control_socket'], socket)
      assert.equal(config['control_socket_disable'], false)
    })

    await context.test('help, show help and show dirty', async () => {
      const text = await table('help')
      assert.match(text, /^Available commands:\n\n/)
      assert.match(text, /^ {2}worker profile PID \[SECONDS\] {2,}writes a CPU profile/m)
      assert.deepEqual(await json('show help'), await json('help'))
      assert.equal(await table('show dirty'), 'Dirty arbiter not running\n')
    })

    await context.test('show routes, show deaths and show hang', async () => {
      assert.deepEqual(await json('show deaths'), { deaths: [], count: 0 })
      assert.deepEqual(await json('show hang'), { master: null, workers: [], count: 0 })
      assert.ok(Array.isArray((await json('show routes'))['routes']))
    })

    await context.test('worker add and worker remove', async () => {
      assert.deepEqual(await json('worker add'), { added: 1, previous: 2, total: 3 })
      await servingPids(socket, 3)
      assert.deepEqual(await json('worker remove 1'), { removed: 1, previous: 3, total: 2 })
      await servingPids(socket, 2)
    })

    await context.test('worker kill', async () => {
      assert.deepEqual(await json(`worker kill ${second}`), { success: true, killed: second })
      await eventually(async () => {
        assert.ok(!(await servingPids(socket, 2)).includes(second))
      }, 60_000)
      assert.deepEqual(await json('worker kill 1'), {
        success: false,
        error: 'Worker 1 not found',
      })
    })

    await context.test('reopen and reload', async () => {
      assert.deepEqual(await json('reopen'), { status: 'reopening' })
      const before = await servingPids(socket, 2)
      assert.deepEqual(await json('reload'), { status: 'reloading' })
      await eventually(async () => {
        const after = await servingPids(socket, 2)
        assert.ok(before.every((pid) => !after.includes(pid)))
      }, 60_000)
      assert.equal((await json('show stats'))['reloads'], 1)
    })

    await context.test('an error on stderr, with exit code 1', async () => {
      for (const [command, error] of [
        ['bogus', '"bogus" is not a command; allowed are show all, '],
        ['worker kill x', 'PID is "x"; allowed is a whole number'],
        ['worker add 0', 'N is "0"; allowed is a whole number from 1 to 1024.'],
        ['shutdown now', 'The mode is "now"; allowed is graceful or quick.'],
      ] as const) {
        const { code, stderr } = await gunicornc(python, ['-s', socket, '-c', command])
        assert.equal(code, 1)
        assert.ok(stderr.startsWith(`Error: ${error}`), stderr)
      }
    })

    await context.test('several commands on one connection, with errors between', async () => {
      const input = 'show stats\nbogus\nshow listeners\nquit\n'
      const { code, stdout } = await gunicornc(python, ['-s', socket], input)
      assert.equal(code, 0)
      assert.match(stdout, /Workers target: +2[\s\S]*Error: "bogus" is[\s\S]*Total: 1 listeners/)
    })

    await context.test('shutdown', async () => {
      assert.deepEqual(await json('shutdown'), { status: 'shutting_down', mode: 'graceful' })
      assert.deepEqual(await master.ended, { code: 0, signal: null })
      const { code, stderr } = await gunicornc(python, ['-s', socket, '-c', 'show all'])
      assert.equal(code, 1)
      assert.match(stderr, /Failed to connect/)
    })
  })

  test('ends the master at once by shutdown quick', async (context) => {
    const python = need(context, pythonWithGunicorn())
    if (python === undefined) return
    const { socket, ended } = await controlledMaster(context)
    const { stdout } = await gunicornc(python, ['-s', socket, '-c', 'shutdown quick'])
    assert.deepEqual(JSON.parse(stdout), { status: 'shutting_down', mode: 'quick' })
    assert.deepEqual(await ended, { code: 0, signal: null })
  })
})
