import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { catalog } from '../../../src/commands/doctor/catalog/finding.ts'
import { needsRoot, otherUser, publicDirectory } from '../../support/files/other-user.ts'
import {
  freePort,
  nodeUnderTest,
  startApp,
  startProgram,
  workingDirectory,
} from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { examine, finds, findsNothing } from '../../support/programs/doctor.ts'
import { command, startMaster } from '../../support/programs/master.ts'
import { memoryCgroup } from '../../support/programs/memory-cgroup.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { startRedis } from '../../support/redis/redis.ts'

const onLinux = { skip: process.platform !== 'linux' && 'other systems show no processes' }
const asOther = ['setpriv', `--reuid=${otherUser}`, `--regid=${otherUser}`, '--clear-groups']

describe('doctor', () => {
  test('names a state directory without rights, and is content with the rights', {
    skip: needsRoot,
  }, async (given) => {
    const directory = publicDirectory(given)
    chmodSync(directory, 0o755)
    const env = { PROMETHEUS_STATE_DIR: directory, HOME: '/', TMPDIR: '/tmp' }
    const options = { env, cwd: '/', through: asOther }
    const { found, remedy } = await finds(options, 'directory-unwritable')
    assert.equal(found, `The user ${otherUser} may not write here: EACCES.`)
    assert.match(
      remedy ?? '',
      new RegExp(`^Let the user ${otherUser} write to ${directory}, or set PROMETHEUS_STATE_DIR`),
    )
    chmodSync(directory, 0o1777)
    await findsNothing(options)
  })

  test('names a directory whose parent cannot be written', { skip: needsRoot }, async (given) => {
    const path = join(publicDirectory(given), 'missing')
    const options = { env: { PROMETHEUS_SHARED_DIR: path }, cwd: '/', through: asOther }
    const { remedy } = await finds(options, 'directory-missing')
    assert.match(remedy ?? '', new RegExp(`^Run \`mkdir -p ${path}\``))
  })

  test(
    'names a cgroup that is too small, and is content with less memory for workers',
    onLinux,
    async (given) => {
      const context = latestFirst(given)
      const small = memoryCgroup(400 * 1_048_576)
      if (!small) return given.skip('this user cannot make a cgroup with a limit of memory')
      context.after(() => small.remove())
      const start = async (maxMemory: string) => {
        const options = ['--workers', '2', '--max-memory', maxMemory]
        const master = await startMaster({ options, starter: small.starter })
        await master.serving(2)
        return master
      }
      const greedy = await start('300M')
      const options = { args: ['--pid', `${greedy.child.pid}`] }
      try {
        const { found, remedy } = await finds(options, 'memory-below-max-memory')
        assert.match(found, /^The cgroup allows 400 MiB\. Workers: 2, --max-memory: 300 MiB\.$/)
        assert.match(remedy ?? '', /lower --max-memory/)
      } finally {
        await greedy.stop()
      }
      const modest = await start('150M')
      context.after(() => modest.stop())
      await findsNothing({ args: ['--pid', `${modest.child.pid}`] })
    },
  )

  test('names two copies of @opentelemetry/api, and is content with one', async (given) => {
    const context = latestFirst(given)
    const cwd = await temporaryDirectory(context)
    const copy = (path: string, version: string): void => {
      const directory = join(cwd, 'node_modules', path, '@opentelemetry/api')
      mkdirSync(directory, { recursive: true })
      const manifest = { name: '@opentelemetry/api', version }
      writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest))
    }
    // The package has its own copy, too.
    const own = join(workingDirectory, 'node_modules/@opentelemetry/api/package.json')
    const installed = String(JSON.parse(readFileSync(own, 'utf8')).version)
    copy('.', installed)
    copy('some-library/node_modules', '1.99.0')
    const { found, remedy } = await finds({ cwd }, 'api-versions')
    assert.match(found, /1\.99\.0 in .*some-library/)
    assert.match(remedy ?? '', /npm install @opentelemetry\/api@1\.99\.0 && npm dedupe/)
    copy('some-library/node_modules', installed)
    const { findings } = await examine({ cwd })
    const ids = findings.filter(({ check }) => check === 'packages').map(({ id }) => id)
    assert.deepEqual(ids, ['api-copies'])
  })

  test('names a wrong setting, and is content with the right one', async () => {
    const env = { PROMETHEUS_MAX_SERIES: 'many' }
    const { remedy } = await finds({ env }, 'setting-wrong')
    assert.match(remedy ?? '', /^Correct PROMETHEUS_MAX_SERIES\./)
    await findsNothing({ env: { PROMETHEUS_MAX_SERIES: '1000' } })
  })

  test('names a mistyped variable and a switch', async () => {
    await finds({ env: { PROMETHEUS_METRICS_PROT: '9100' } }, 'setting-doubtful')
    const { remedy } = await finds({ env: { OTEL_SDK_DISABLED: 'true' } }, 'switched-off')
    assert.equal(remedy, 'Remove OTEL_SDK_DISABLED from the environment of the application.')
  })

  test('finds nothing wrong in a set-up that works', onLinux, async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
    context.after(() => app.stop())
    await app.ready()
    const { findings } = await findsNothing({ args: ['--pid', `${app.child.pid}`] })
    assert.deepEqual(
      findings.filter(({ level }) => level === 'unknown'),
      [],
    )
    const master = await startMaster()
    context.after(() => master.stop())
    await master.serving(1)
    await findsNothing({ args: ['--pid', `${master.child.pid}`] })
    const url = `http://127.0.0.1:${master.metricsPort}/metrics`
    await findsNothing({ args: ['--url', url] })
  })

  test('finds nothing wrong in a sidecar, and names its missing Redis', onLinux, async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context)
    if (!redis) return
    const env = { REDIS_ENABLED: 'true', REDIS_PORT: `${redis.port}` }
    const sidecar = await startServe({ env })
    context.after(() => sidecar.stop())
    const options = { args: ['--pid', `${sidecar.child.pid}`] }
    await findsNothing(options)
    await redis.kill()
    const { found } = await finds(options, 'origin-fails')
    assert.match(found, /^redis: /)
  })

  test('gives up root for the user of the process', {
    ...onLinux,
    skip: needsRoot,
  }, async (given) => {
    const context = latestFirst(given)
    const directory = publicDirectory(given)
    chmodSync(directory, 0o755)
    const secret = join(directory, 'secret')
    writeFileSync(secret, 'battery-staple', { mode: 0o600 })
    const app = await startApp({
      file: 'apps/cluster/cluster.cjs',
      preload: 'none',
      through: asOther,
      env: { PROMETHEUS_AUTH_BEARER_TOKEN_FILE: secret, HOME: '/', TMPDIR: '/tmp' },
    })
    context.after(() => app.stop())
    await app.ready()
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { found } = await finds(options, 'secret-unreadable')
    assert.match(found, /EACCES/)
    const { text } = await examine(options)
    assert.doesNotMatch(text, /battery-staple/)
  })

  test('prints a text for a person, and refuses wrong options with code 2', async () => {
    // Another program can have the default port.
    const port = `${await freePort()}`
    const run = async (...args: string[]) => {
      const program = startProgram([nodeUnderTest, command, 'doctor', ...args], {
        PROMETHEUS_METRICS_PORT: port,
        PROMETHEUS_MAX_SERIES: 'many',
      })
      const { code } = await program.ended
      return { code, stdout: program.stdout(), stderr: program.stderr() }
    }
    const { code, stdout } = await run()
    assert.equal(code, 1)
    assert.match(
      stdout,
      /^problem {2}configuration: settings of this environment\n {2}found: {2}PROMETHEUS_MAX/,
    )
    assert.match(stdout, new RegExp(`read: {3}docs/${catalog['setting-wrong'].page}\n`))
    assert.match(
      stdout,
      /\n1 problem, 0 warnings, \d+ unknown, \d+ notes?, \d+ ok, \d+ skipped\.\n$/,
    )
    const { summary, findings } = await examine({})
    const levels = ['problem', 'warning', 'unknown', 'note', 'ok', 'skipped']
    assert.deepEqual(Object.keys(summary), levels)
    const fields = ['check', 'id', 'level', 'lookedAt', 'found', 'remedy', 'page']
    for (const each of findings) assert.deepEqual(Object.keys(each), fields)
    for (const args of [['--pid', 'x'], ['--url', 'ftp://x'], ['--timeout', '0'], ['--what']]) {
      const refused = await run(...args)
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, new RegExp(`${args[0]} `))
    }
  })
})
