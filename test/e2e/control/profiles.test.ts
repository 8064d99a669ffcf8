import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { encodeFrame } from '../../../src/master/control/frame.ts'
import {
  ask,
  type ControlledMaster,
  controlledMaster,
  dataOf,
  servingPids,
} from '../../support/control/control-client.ts'
import { eventually } from '../../support/programs/app.ts'
import type { Belongings } from '../../support/programs/belongings.ts'
import { sendUnanswered } from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

interface Profiled {
  readonly master: ControlledMaster
  readonly pid: number
}

async function profiled(context: Belongings, options: readonly string[] = []): Promise<Profiled> {
  const file = 'run/profiled.cjs'
  const profiles = await temporaryDirectory(context)
  const master = await controlledMaster(context, {
    file,
    options: ['--profile-dir', profiles, ...options],
    env: { SECONDS: '600' },
  })
  const [pid = 0] = await servingPids(master.socket, 1)
  return { master, pid }
}

interface CpuProfile {
  readonly nodes: {
    readonly id: number
    readonly children?: number[]
    readonly hitCount: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }[]
  readonly startTime: number
  readonly endTime: number
  readonly samples: number[]
  readonly timeDeltas: number[]
}

/**
 * Checks what Chrome's DevTools and speedscope require of a profile.
 * @returns hits by the name of the function, or by the URL of the script.
 */
function hitsIn(path: string, by: 'functionName' | 'url' = 'functionName'): Map<string, number> {
  const profile: CpuProfile = JSON.parse(readFileSync(path, 'utf8'))
  const ids = new Set(profile.nodes.map(({ id }) => id))
  assert.equal(ids.size, profile.nodes.length)
  for (const { children = [] } of profile.nodes) for (const id of children) assert.ok(ids.has(id))
  for (const id of profile.samples) assert.ok(ids.has(id))
  assert.equal(profile.samples.length, profile.timeDeltas.length)
  assert.ok(profile.endTime > profile.startTime)
  const hits = new Map<string, number>()
  for (const { callFrame, hitCount } of profile.nodes) {
    const { [by]: key } = callFrame
    hits.set(key, (hits.get(key) ?? 0) + hitCount)
  }
  return hits
}

describe('worker profile', () => {
  test('names the hot function of a worker under load', async (context) => {
    const { master, pid } = await profiled(context)
    let isOn = true
    const load = (async () => {
      while (isOn) await get(master.port, '/hot')
    })()
    const answer = await dataOf(master.socket, `worker profile ${pid} 2`)
    isOn = false
    await load
    const { path, bytes, hanging } = answer as { path: string; bytes: number; hanging: boolean }
    assert.equal(hanging, false)
    assert.equal(statSync(path).size, bytes)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
    assert.ok((hitsIn(path).get('hotFunction') ?? 0) > 0)
    await served(master)
  })

  test('works while the worker hangs, and keeps the worker alive meanwhile', async (context) => {
    const { master, pid } = await profiled(context, ['--hang-stacks', '1', '--timeout', '5'])
    sendUnanswered(master.port, '/hold')
    await eventually(async () => {
      const { count } = await dataOf(master.socket, 'show hang')
      assert.equal(count, 1)
    }, 60_000)
    const answer = await dataOf(master.socket, `worker profile ${pid} 6`)
    const { path, hanging } = answer as { path: string; hanging: boolean }
    assert.equal(hanging, true)
    // V8 can count a loop that it optimized before the profile for the caller of the function.
    const hits = [...hitsIn(path, 'url')].filter(([url]) => url.endsWith('/run/profiled.cjs'))
    assert.ok((hits[0]?.[1] ?? 0) > 100)
    // Then, the timeout ends the worker.
    await eventually(() => assert.match(master.stderr(), /WORKER TIMEOUT/), 60_000)
    await servingPids(master.socket, 1)
  })

  test('says that a worker hangs, without --hang-stacks', async (context) => {
    const { master, pid } = await profiled(context, ['--timeout', '300'])
    sendUnanswered(master.port, '/hold')
    await eventually(async () => {
      const { workers } = (await dataOf(master.socket, 'show workers')) as {
        workers: { last_heartbeat: number }[]
      }
      assert.ok((workers[0]?.last_heartbeat ?? 0) > 2)
    }, 60_000)
    for (const command of ['profile', 'heap']) {
      const answer = await ask(master.socket, `worker ${command} ${pid}`)
      assert.match(JSON.stringify(answer), /its event loop is blocked/)
    }
  })

  test('of a worker that dies leaves no file', async (context) => {
    const { master, pid } = await profiled(context)
    const { path } = (await dataOf(master.socket, `worker profile ${pid} 1`)) as { path: string }
    const files = (): string[] => readdirSync(join(path, '..'))
    const answer = ask(master.socket, `worker profile ${pid} 60`)
    await eventually(() => assert.ok(files().some((name) => name.endsWith('.part'))), 60_000)
    process.kill(pid, 'SIGKILL')
    assert.match(JSON.stringify(await answer), /has ended/)
    assert.deepEqual(files(), [path.replace(/.*\//, '')])
  })

  test('of a stopped process says so', async (context) => {
    const { master, pid } = await profiled(context, ['--hang-stacks', '1', '--timeout', '300'])
    process.kill(pid, 'SIGSTOP')
    const answer = await ask(master.socket, `worker profile ${pid} 1`)
    process.kill(pid, 'SIGCONT')
    assert.match(JSON.stringify(answer), /in native code, or the process is stopped/)
  })

  test('ends when the client goes, and leaves no file', async (context) => {
    const { master, pid } = await profiled(context)
    const client = createConnection(master.socket)
    client.write(encodeFrame({ id: 1, command: `worker profile ${pid} 300` }))
    const second = await eventually(async () => {
      const answer = await ask(master.socket, `worker profile ${pid} 1`)
      assert.equal(answer.status, 'error')
      return JSON.stringify(answer)
    })
    assert.match(second, /a profile of worker \d+ is running already/i)
    client.destroy()
    const { path } = await eventually(
      async () => (await dataOf(master.socket, `worker profile ${pid} 1`)) as { path: string },
      60_000,
    )
    const own = path.replace(/.*\//, '')
    const left = readdirSync(join(path, '..')).filter((name) => name.includes(`-${pid}-`))
    assert.deepEqual(left, [own])
  })

  test('is refused for other processes, wrong lengths, and with --no-profiles', async (context) => {
    const { master, pid } = await profiled(context, ['--no-profiles'])
    for (const [command, error] of [
      [`worker profile ${pid}`, /profiles are off: the master runs with --no-profiles/i],
      [`worker heap ${pid}`, /profiles are off/i],
      [
        `worker profile ${pid} 301`,
        /SECONDS is \\"301\\"; allowed is a whole number from 1 to 300/,
      ],
      ['worker profile', /PID is missing/],
    ] as const) {
      assert.match(JSON.stringify(await ask(master.socket, command)), error)
    }
    const other = await profiled(context)
    const foreign = await ask(other.master.socket, `worker profile ${process.pid}`)
    assert.match(JSON.stringify(foreign), /there is no worker with pid/i)
  })
})

describe('worker heap', () => {
  test('writes a snapshot that has the objects of the worker', async (context) => {
    const { master, pid } = await profiled(context, ['--timeout', '1'])
    const { path, bytes } = (await dataOf(master.socket, `worker heap ${pid}`)) as {
      path: string
      bytes: number
    }
    assert.equal(statSync(path).size, bytes)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const snapshot = JSON.parse(readFileSync(path, 'utf8'))
    const fields = snapshot.snapshot.meta.node_fields.length
    assert.equal(snapshot.nodes.length, fields * snapshot.snapshot.node_count)
    assert.ok(snapshot.strings.includes('kept 19999'))
    await served(master)
    assert.deepEqual(await servingPids(master.socket, 1), [pid])
    // On a busy machine, the timeout can end a worker before the snapshot.
    assert.doesNotMatch(master.stderr(), new RegExp(`WORKER TIMEOUT \\(pid:${pid}\\)`))
  })
})

async function served({ port }: ControlledMaster): Promise<void> {
  assert.equal((await get(port, '/')).status, 200)
}
