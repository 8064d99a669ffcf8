import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { authorities } from '../../support/endpoint/certificates.ts'
import {
  eventually,
  fetchText,
  freePort,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { examine, finds, findsNothing } from '../../support/programs/doctor.ts'
import { startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { faketime, need, openssl } from '../../support/tools.ts'

const onLinux = { skip: process.platform !== 'linux' && 'other systems show no processes' }
const cluster = 'apps/cluster/cluster.cjs'

/** Waits until the page answers. */
async function paged(url: string, headers: Record<string, string> = {}): Promise<void> {
  await eventually(() => fetchText(url, headers))
}

describe('doctor', onLinux, () => {
  test('names the program that has the port, and is content after its end', async (given) => {
    const context = latestFirst(given)
    const port = await freePort()
    const code =
      "require('node:net').createServer()" +
      `.listen(${port}, '127.0.0.1', () => console.log('ready'))`
    const squatter = startProgram([process.execPath, '-e', code], {})
    context.after(() => squatter.child.kill('SIGKILL'))
    await eventually(() => assert.match(squatter.stdout(), /ready/))
    const app = await startApp({ file: cluster, env: { PROMETHEUS_METRICS_PORT: `${port}` } })
    context.after(() => app.stop())
    await app.ready()
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { found, remedy } = await finds(options, 'port-taken')
    assert.match(found, new RegExp(`^node.*, pid ${squatter.child.pid}, listens here`))
    const pid = Number(
      /^End the process (\d+), or set PROMETHEUS_METRICS_PORT/.exec(remedy ?? '')?.[1],
    )
    assert.equal(pid, squatter.child.pid)
    process.kill(pid)
    await findsNothing(options)
  })

  test('names the other master that has the port', async (given) => {
    const context = latestFirst(given)
    const first = await startMaster()
    context.after(() => first.stop())
    await first.serving(1)
    await paged(`http://127.0.0.1:${first.metricsPort}/metrics`)
    const env = { PROMETHEUS_METRICS_PORT: `${first.metricsPort}` }
    const second = await startMaster({ env })
    context.after(() => second.stop())
    await eventually(() => assert.match(second.stderr(), /cannot listen/))
    const options = { args: ['--pid', `${second.child.pid}`] }
    const { found, remedy } = await finds(options, 'port-of-another-exporter')
    assert.match(found, new RegExp(`gunicorn-prometheus-exporter run, pid ${first.child.pid},`))
    assert.match(remedy ?? '', new RegExp(`end the process ${first.child.pid}\\.`))
    await first.stop()
    await findsNothing(options)
  })

  test('names an expired certificate, and is content with a renewed one', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const [program, library] = [need(context, openssl()), need(context, faketime())]
    const make = authorities(given, directory)
    if (program === undefined || library === undefined || make === undefined) return
    const renewed = make('renewed')
    const [cert, key] = [join(directory, 'used.crt'), join(directory, 'used.key')]
    const subject = ['-subj', '/CN=expired', '-days', '2']
    const env = { ...process.env, LD_PRELOAD: library, FAKETIME: '-10d' }
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', cert]
    const made = spawnSync(program, [...request, ...subject], { encoding: 'utf8', env })
    assert.equal(made.status, 0, made.stderr)
    const files = { PROMETHEUS_SSL_CERTFILE: cert, PROMETHEUS_SSL_KEYFILE: key }
    const app = await startApp({ file: cluster, env: files })
    context.after(() => app.stop())
    await app.ready()
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { remedy } = await finds(options, 'certificate-expired')
    assert.match(remedy ?? '', /^Renew the certificate/)
    copyFileSync(renewed.keyfile, key)
    copyFileSync(renewed.certfile, cert)
    await eventually(async () => {
      // The renewed certificate is for two days: the end is near, and nothing is wrong.
      const { findings, code } = await examine(options)
      const ids = findings.filter(({ level }) => /problem|warning/.test(level)).map(({ id }) => id)
      assert.deepEqual(ids, ['certificate-expires'])
      assert.equal(code, 0)
    }, 60_000)
  })

  test('names a key of another certificate', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const make = authorities(given, directory)
    if (make === undefined) return
    const [one, other] = [make('one'), make('other')]
    const env = { PROMETHEUS_SSL_CERTFILE: one.certfile, PROMETHEUS_SSL_KEYFILE: other.keyfile }
    const { remedy } = await finds({ env }, 'certificate-key')
    assert.match(remedy ?? '', /PROMETHEUS_SSL_CERTFILE and PROMETHEUS_SSL_KEYFILE/)
  })

  test('names a wrong password, and is content with the right password', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const write = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text, { mode: 0o600 })
      return join(directory, name)
    }
    const port = `${await freePort()}`
    const common = { PROMETHEUS_METRICS_PORT: port, PROMETHEUS_AUTH_USERNAME: 'prometheus' }
    const right = { ...common, PROMETHEUS_AUTH_PASSWORD_FILE: write('right', 'correct-horse') }
    const wrong = { ...common, PROMETHEUS_AUTH_PASSWORD_FILE: write('wrong', 'battery-staple') }
    const app = await startApp({ file: cluster, env: right })
    context.after(() => app.stop())
    await app.ready()
    const { remedy } = await finds({ env: wrong }, 'credentials-refused')
    assert.match(remedy ?? '', /credentials of the running process/)
    const { text } = await examine({ env: wrong })
    assert.doesNotMatch(text, /battery-staple|correct-horse/)
    assert.equal((await finds({ env: common }, 'setting-wrong')).level, 'problem')
    await finds({ env: { PROMETHEUS_METRICS_PORT: port } }, 'credentials-missing')
    await findsNothing({ env: right })
  })
})
