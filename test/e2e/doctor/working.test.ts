import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsRoot, otherUser } from '../../support/files/other-user.ts'
import { eventually, startApp, startProgram } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { type Examination, examine, findsNothing } from '../../support/programs/doctor.ts'

const onLinux = { skip: process.platform !== 'linux' && 'other systems show no processes' }
const cluster = 'apps/cluster/cluster.cjs'
const single = 'apps/run/served.cjs'

/** The checks with this level. */
function checksOf({ findings }: Examination, level: string): string[] {
  return findings.filter((each) => each.level === level).map(({ check }) => check)
}

describe('doctor is content', onLinux, () => {
  test('with a port that the system has chosen', async (given) => {
    const context = latestFirst(given)
    const env = { PROMETHEUS_METRICS_PORT: '0' }
    const app = await startApp({ file: cluster, env })
    context.after(() => app.stop())
    await app.ready()
    const examination = await findsNothing({ args: ['--pid', `${app.child.pid}`] })
    assert.deepEqual(checksOf(examination, 'unknown'), [])
    const ofPort = examination.findings.find(({ check }) => check === 'port')
    assert.match(ofPort?.lookedAt ?? '', /^the port 127\.0\.0\.1:[1-9]\d+$/)
    const { findings } = await examine({ env })
    assert.ok(findings.some(({ id }) => id === 'port-chosen'))
  })

  test('with an endpoint of another address than the settings have', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: cluster, env: { PROMETHEUS_BIND_ADDRESS: '127.0.0.1' } })
    context.after(() => app.stop())
    await app.ready()
    const env = { PROMETHEUS_METRICS_PORT: new URL(app.metricsUrl).port }
    const { findings } = await findsNothing({ env: { ...env, PROMETHEUS_BIND_ADDRESS: '0.0.0.0' } })
    const ids = findings.map(({ id }) => id)
    assert.ok(ids.includes('page-loopback') && !ids.includes('page-open'), ids.join())
  })

  test('with a page of --url, and skips the checks that need a process', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: cluster })
    context.after(() => app.stop())
    await app.ready()
    const url = new URL('/', app.metricsUrl).href
    const examination = await findsNothing({ args: ['--url', url] })
    assert.deepEqual(checksOf(examination, 'unknown'), [])
    const skipped = checksOf(examination, 'skipped')
    for (const check of ['preload', 'pm2', 'port', 'limits']) assert.ok(skipped.includes(check))
    assert.equal(examination.summary['skipped'], skipped.length)
  })

  test('with one finding about a single process that hangs', async (given) => {
    const context = latestFirst(given)
    const env = { GUNICORN_HANG_STACKS: '0.5', PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }
    const app = await startApp({ file: single, env })
    context.after(() => app.stop())
    const port = await app.ready()
    fetch(`http://127.0.0.1:${port}/hang`).catch(() => {})
    await eventually(async () => {
      const { findings } = await examine({ args: ['--pid', `${app.child.pid}`] })
      const problems = findings.filter(({ level }) => level === 'problem')
      assert.deepEqual(
        problems.map(({ id }) => id),
        ['worker-held'],
      )
      assert.match(problems[0]?.found ?? '', /held by .*served\.cjs/)
    }, 60_000)
  })
})

describe('doctor judges no settings that it does not know', onLinux, () => {
  test('of the process of another user', { skip: needsRoot }, async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: cluster })
    context.after(() => app.stop())
    await app.ready()
    const through = ['setpriv', `--reuid=${otherUser}`, `--regid=${otherUser}`, '--clear-groups']
    const examination = await examine({ args: ['--pid', `${app.child.pid}`], through })
    assert.equal(examination.code, 0)
    assert.deepEqual(checksOf(examination, 'unknown'), ['configuration'])
    assert.match(examination.findings[0]?.remedy ?? '', /as the user of the process, or as root/)
  })

  test('of a process in another network namespace', { skip: needsRoot }, async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: cluster, through: ['unshare', '--net'] })
    context.after(() => app.stop())
    await app.ready()
    const examination = await examine({ args: ['--pid', `${app.child.pid}`] })
    assert.equal(examination.code, 0)
    assert.deepEqual(checksOf(examination, 'unknown'), ['configuration'])
    assert.match(examination.findings[0]?.remedy ?? '', /in the container of the process/)
  })

  test('of a process that has ended', async () => {
    const ended = startProgram([process.execPath, '--version'], {})
    await ended.ended
    const { code, findings } = await examine({ args: ['--pid', `${ended.child.pid}`] })
    assert.equal(code, 1)
    assert.equal(findings[0]?.id, 'process-missing')
  })
})
