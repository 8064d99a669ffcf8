import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { hasEnded, readProcessStat } from '../../../src/support/process/process-stat.ts'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { childrenOf } from '../../support/programs/process-tree.ts'

async function serving(context: TestContext, workers: number): Promise<Master> {
  const master = await startMaster({ options: ['-w', String(workers)] })
  context.after(() => master.stop())
  await master.serving(workers)
  return master
}

/** The process that ends the workers of a killed master: the only child that is no worker. */
async function guardOf(master: Master): Promise<number> {
  return await eventually(() => {
    const workers = master.workers()
    const others = childrenOf(master.child.pid ?? 0).filter((pid) => !workers.includes(pid))
    assert.equal(others.length, 1)
    return others[0] ?? 0
  })
}

/** The open files of a process by descriptor. */
function descriptorsOf(pid: number): ReadonlyMap<string, string> {
  const directory = `/proc/${pid}/fd`
  return new Map(
    readdirSync(directory).flatMap((fd) => {
      try {
        return [[fd, readlinkSync(`${directory}/${fd}`)] as const]
      } catch {
        // The descriptor of the directory itself is closed again.
        return []
      }
    }),
  )
}

async function assertEnded(pid: number): Promise<void> {
  await eventually(() => {
    const stat = readProcessStat(pid)
    assert.ok(!stat || hasEnded(stat), `process ${pid} lives`)
  })
}

test('A worker with a blocked event loop ends after its master was killed', async (context) => {
  const master = await serving(context, 2)
  const workers = master.workers()
  const cut = get(master.port, '/hang').catch(({ code }) => code)
  // The other worker answers. Then, the first worker hangs.
  await eventually(() => get(master.port, '/'))
  master.signal('SIGKILL')
  for (const pid of workers) await assertEnded(pid)
  assert.equal(await cut, 'ECONNRESET')
})

test('The guard of the workers holds nothing open but its pipe', async (context) => {
  const master = await serving(context, 1)
  const open = descriptorsOf(await guardOf(master))
  assert.match(open.get('0') ?? '', /^(?:pipe|socket):/)
  assert.deepEqual([open.get('1'), open.get('2')], ['/dev/null', '/dev/null'])
  // The process of this test can leave descriptors of its own to every child.
  const own = descriptorsOf(process.pid)
  const others = [...open].filter(([fd, file]) => Number(fd) > 2 && own.get(fd) !== file)
  assert.deepEqual(others, [])
})

test('A graceful end of the master leaves no process behind', async (context) => {
  const master = await serving(context, 2)
  const pids = [await guardOf(master), ...master.workers()]
  master.signal('SIGTERM')
  assert.deepEqual(await master.ended, { code: 0, signal: null })
  for (const pid of pids) await assertEnded(pid)
})

test('A signal to the process group does not end the guard of the workers', async (context) => {
  const master = await serving(context, 1)
  const guard = await guardOf(master)
  process.kill(-(master.child.pid ?? 0), 'SIGHUP')
  process.kill(guard, 'SIGTERM')
  await eventually(() => assert.match(master.stderr(), /Handling signal: hup/))
  assert.equal(await guardOf(master), guard)
})

test('The guard of the workers is started again once, and leaves no zombie', async (context) => {
  const master = await serving(context, 1)
  const first = await guardOf(master)
  process.kill(first, 'SIGKILL')
  const second = await eventually(async () => {
    const pid = await guardOf(master)
    assert.notEqual(pid, first)
    return pid
  })
  const hanging = get(master.port, '/hang').catch(({ code }) => code)
  process.kill(second, 'SIGKILL')
  await eventually(() => assert.match(master.stderr(), /The guard of the workers has ended twice/))
  assert.deepEqual(childrenOf(master.child.pid ?? 0), master.workers())
  await master.stop()
  await hanging
})
