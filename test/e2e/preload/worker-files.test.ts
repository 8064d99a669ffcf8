import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { withoutCodes } from '../../support/config/sentences.ts'
import { crashFiles, writtenRequests } from '../../support/crash-file/written-requests.ts'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { smallDisk } from '../../support/programs/small-disk.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sum } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

/** The user `nobody`. */
const otherUser = 65_534

describe('A cleaner of temporary files removes the directory while the cluster runs.', () => {
  const removals: readonly [what: string, remove: (parent: string) => void][] = [
    ['all directories', (parent) => removeAll(parent)],
    ['the files only', (parent) => removeFiles(parent)],
    ['the directory of the primary', (parent) => removePrimary(parent)],
  ]
  for (const [what, remove] of removals) {
    test(`A worker that lives makes a new file after the loss of ${what}`, async (context) => {
      const parent = await temporaryDirectory(belongingsOf(context))
      const { app, port } = await started(context, {
        GUNICORN_CRASH_MEMORY: 'off',
        PROMETHEUS_MULTIPROC_DIR: parent,
      })
      await get(port, '/')
      remove(parent)
      await hasAll(parent, port)
      await killed(app, port)
      assert.equal(app.stderr(), deathLine(app))
    })
  }

  test('A worker that is forked afterwards has a file too', async (context) => {
    const parent = await temporaryDirectory(belongingsOf(context))
    const { app, port } = await started(context, {
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: parent,
    })
    await killed(app, port)
    removeAll(parent)
    await eventually(() => get(port, '/'))
    await hasAll(parent, port)
    await killed(app, port)
  })
})

test('After a full disk, a live worker makes its file again', async (context) => {
  const disk = await smallDisk(belongingsOf(context))
  if (!disk) return
  const { app, port } = await started(context, {
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: disk.directory,
  })
  await get(port, '/')
  removeAll(disk.directory)
  disk.fill()
  await get(port, '/')
  await eventually(async () => {
    await get(port, '/')
    assert.match(app.stderr(), /(?:ENOSPC|no room for the crash file)/)
  })
  disk.free()
  await hasAll(disk.directory, port)
  await killed(app, port)
})

describe('The primary is root, and a worker is another user', () => {
  for (const how of ['setup', 'listen', 'ask', 'all'] as const) {
    test(`by ${how}: each kill keeps the counts`, async (context) => {
      if (asRoot(context)) await keepsCounts(context, how)
    })
  }

  for (const how of ['setup', 'listen', 'ask'] as const) {
    test(`by ${how}: a new file and a last report follow the change`, async (context) => {
      if (!asRoot(context)) return
      const parent = await temporaryDirectory(belongingsOf(context))
      chmodSync(parent, 0o755)
      const { app, port } = await startedAs(context, how, parent)
      await asOtherUser(port, how)
      removeFiles(parent)
      await hasAll(parent, port)
      await get(port, '/exit')
      await eventually(async () => assert.equal(sum(await app.page(), ends), 1))
      assert.equal(app.stderr(), '')
    })
  }
})

async function keepsCounts(context: TestContext, how: string): Promise<void> {
  const parent = await temporaryDirectory(belongingsOf(context))
  chmodSync(parent, 0o755)
  const { app, port } = await startedAs(context, how, parent)
  for (let count = 0; count < 5; count += 1) {
    // In `all`, the first worker stays root.
    if (how !== 'all' || count > 0) await eventually(() => asOtherUser(port, how))
    await hasAll(parent, port)
    await killed(app, port)
  }
  assert.doesNotMatch(app.stderr(), /PROMETHEUS_MULTIPROC_DIR/)
}

describe('Another local user', () => {
  test('who has taken the name of the directory changes nothing but the name', async (context) => {
    if (!asRoot(context)) return
    const parent = await temporaryDirectory(belongingsOf(context))
    chmodSync(parent, 0o1777)
    const taken = join(parent, 'gunicorn-prometheus-exporter-0')
    mkdirSync(taken)
    chownSync(taken, otherUser, otherUser)
    const { app, port } = await started(context, {
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: parent,
    })
    await hasAll(parent, port)
    assert.match(app.stderr(), /another user can write to .*gunicorn-prometheus-exporter-0; /)
    assert.match(app.stderr(), /\(see PROMETHEUS_MULTIPROC_DIR\) \(GPE_CRASH_FILES\)\n$/)
    assert.deepEqual(readdirSync(taken), [])
    await killed(app, port)
    await app.stop()
    const names = readdirSync(parent).sort()
    assert.equal(names.length, 2)
    const next = await started(context, {
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: parent,
    })
    await hasAll(parent, next.port)
    assert.deepEqual(readdirSync(parent).sort(), names)
  })

  test('who can rename entries of the parent gets no files to rename', async (context) => {
    const above = await temporaryDirectory(belongingsOf(context))
    const parent = join(above, 'open')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    const safe = await temporaryDirectory(belongingsOf(context))
    const env = { GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: parent, TMPDIR: safe }
    const { app, port } = await started(context, env)
    await hasAll(safe, port)
    assert.match(
      app.stderr(),
      /other users can rename the entries of .*\/open, which has no sticky/,
    )
    assert.deepEqual(readdirSync(parent), [])
    await killed(app, port)
  })

  test('cannot list the directory of root', async (context) => {
    if (!asRoot(context)) return
    const parent = await temporaryDirectory(belongingsOf(context))
    chmodSync(parent, 0o755)
    const { port } = await started(context, {
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: parent,
    })
    await get(port, '/')
    const [file = ''] = crashFiles(parent)
    for (const path of [dirname(dirname(file)), dirname(file)]) {
      assert.throws(() => execFileSync('setpriv', asNobody('ls', path), { stdio: 'pipe' }))
    }
  })
})

test('A worker that cannot write the head of its file leaves no file', async (context) => {
  const disk = await smallDisk(belongingsOf(context))
  if (!disk) return
  const { app, port } = await started(context, {
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: disk.directory,
  })
  await get(port, '/')
  const pid = await pidOf(port)
  // The worker must not make a whole file between the cut and the full disk.
  process.kill(pid, 'SIGSTOP')
  for (const file of crashFiles(disk.directory)) truncateSync(file, 0)
  disk.fill()
  const filler = join(disk.directory, 'filler')
  // One block: the head of a crash file fits, the first page does not.
  truncateSync(filler, statSync(filler).size - 4_096)
  process.kill(pid, 'SIGCONT')
  await eventually(async () => {
    await get(port, '/')
    assert.match(app.stderr(), /cannot be written, trying again/)
    assert.deepEqual(crashFiles(disk.directory), [])
  })
  await killOnce(port)
  const lost = /was killed and left counts neither in memory nor in a crash file/
  await eventually(() => assert.match(app.stderr(), lost))
  assert.doesNotMatch(app.stderr(), /invalid/)
  disk.free()
})

test('A worker whose file is cut by another program makes a new file', async (context) => {
  const parent = await temporaryDirectory(belongingsOf(context))
  const { app, port } = await started(context, {
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: parent,
  })
  await get(port, '/')
  const [file] = crashFiles(parent)
  assert.ok(file)
  truncateSync(file, 0)
  await eventually(async () => {
    await get(port, '/')
    assert.match(app.stderr(), /the crash file of this worker is written again/)
  })
  assert.equal(app.stderr().match(/the file has been cut/g)?.length, 1)
  const page = await app.page()
  assert.equal(sum(page, 'gunicorn_exporter_faults_total', { component: 'crash_file' }), 1)
  await killed(app, port)
})

test('stderr and a metric show a worker that had lost its file before its end', async (context) => {
  const parent = await temporaryDirectory(belongingsOf(context))
  const { app, port } = await started(context, {
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: parent,
  })
  await get(port, '/')
  await eventually(async () => assert.equal(sum(await app.page(), requests), 1))
  removePrimary(parent)
  await killOnce(port)
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_exporter_crash_files_total', { result: 'missing' }), 1)
    const line = /worker 1 .*left counts neither in memory .*\(see PROMETHEUS_MULTIPROC_DIR\)\n/g
    assert.equal(withoutCodes(app.stderr()).match(line)?.length, 1, app.stderr())
  })
})

const requests = 'gunicorn_worker_requests_total'
const ends = 'gunicorn_master_worker_restart_total'

const belongings = new WeakMap<TestContext, Belongings>()

/** The primary ends before its directory is removed: a live primary makes a directory again. */
function belongingsOf(context: TestContext): Belongings {
  const known = belongings.get(context) ?? latestFirst(context)
  belongings.set(context, known)
  return known
}

interface Started {
  readonly app: App
  readonly port: number
}

async function started(
  context: TestContext,
  env: Readonly<Record<string, string>>,
): Promise<Started> {
  const file = 'apps/cluster/other-user.cjs'
  const app = await startApp({ file, env: { PORT: String(await freePort()), ...env } })
  belongingsOf(context).after(() => app.stop())
  return { app, port: await app.ready() }
}

async function startedAs(context: TestContext, how: string, parent: string): Promise<Started> {
  const env = {
    HOW: how,
    USER_ID: String(otherUser),
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: parent,
  }
  return await started(context, env)
}

/** Makes a request that a worker with the other user answers. */
async function asOtherUser(port: number, how: string): Promise<void> {
  if (how === 'ask') await get(port, '/user')
  const { body } = await get(port, '/')
  assert.equal(body.split(' ')[1], String(otherUser))
}

/** Resolves when a crash file has a request of this call. */
async function hasAll(parent: string, port: number): Promise<void> {
  await eventually(async () => {
    await get(port, '/')
    const [written = 0] = writtenRequests(parent).values()
    assert.ok(written > 0, 'no file with counts')
  })
}

/** Kills the worker after some requests, and expects all the requests on the page. */
async function killed(app: App, port: number): Promise<void> {
  const before = await eventually(() => app.page())
  const read = sum(before, 'gunicorn_exporter_crash_files_total', { result: 'read' })
  const pid = await pidOf(port)
  for (let count = 0; count < 20; count += 1) await get(port, '/')
  process.kill(pid, 'SIGKILL')
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_exporter_crash_files_total', { result: 'read' }), read + 1)
    // The last request before each kill can be in the turn of the kill.
    const counted = sum(page, requests)
    const least = (answered.get(port) ?? 0) - (read + 1)
    assert.ok(counted >= least, `${counted} counted, at least ${least} expected`)
  })
}

async function killOnce(port: number): Promise<void> {
  process.kill(await pidOf(port), 'SIGKILL')
}

async function pidOf(port: number): Promise<number> {
  const { body } = await eventually(() => get(port, '/pid'))
  return Number.parseInt(body, 10)
}

function removeAll(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (name !== 'filler') rmSync(join(parent, name), { recursive: true })
  }
}

function removeFiles(parent: string): void {
  for (const file of crashFiles(parent)) rmSync(file)
}

function removePrimary(parent: string): void {
  const [file = ''] = crashFiles(parent)
  rmSync(dirname(file), { recursive: true })
}

/** Answers by port. */
const answered = new Map<number, number>()

/** A worker that dies can leave a connection without an answer. */
async function get(port: number, path: string): Promise<{ readonly body: string }> {
  const headers = { connection: 'close' }
  const signal = AbortSignal.timeout(5_000)
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal })
  const body = await response.text()
  answered.set(port, (answered.get(port) ?? 0) + 1)
  return { body }
}

/** The line about the killed worker. */
function deathLine(app: App): string {
  return app.stderr().match(/^.* was killed .*\n|^.*SIGKILL.*\n/m)?.[0] ?? ''
}

function asNobody(...command: readonly string[]): string[] {
  return ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', ...command]
}

/** Skips the test unless this process can change its user. */
function asRoot(context: TestContext): boolean {
  const found =
    process.getuid?.() === 0 ? {} : { missing: 'Only root can give a worker another user.' }
  return needed(context, found) !== undefined
}
