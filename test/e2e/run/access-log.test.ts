import assert from 'node:assert/strict'
import { readFileSync, renameSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, startProgram } from '../../support/programs/app.ts'
import { startGunicorn } from '../../support/programs/gunicorn.ts'
import { command, withMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { need, pythonWithGunicorn } from '../../support/tools.ts'

const app = 'run/answers.cjs'

interface Sent {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function send(port: number, { path, method = 'GET', headers = {} }: Sent): Promise<void> {
  await new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false })
    sent.on('response', (response) => response.resume().on('end', resolve))
    sent.on('error', reject)
    sent.end()
  })
}

/** Closes the connection before the answer. */
async function leave(port: number, path: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const sent = request({ port, host: '127.0.0.1', path, agent: false })
    sent.on('error', () => {})
    sent.on('close', () => resolve())
    sent.end()
    setTimeout(() => sent.destroy(), 500)
  })
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

const requests: readonly Sent[] = [
  { path: '/' },
  { path: '/a/b?c=d&e', headers: { referer: 'http://a/', 'user-agent': 'agent "x"' } },
  { path: '/status/404', method: 'POST' },
  { path: '/', method: 'HEAD' },
  { path: '/', headers: { authorization: `Basic ${btoa('joe:secret')}`, 'x-id': '7' } },
]

const format =
  '%(h)s %(l)s %(u)s "%(r)s" %(m)s %(U)s %(q)s %(H)s %(s)s %(b)s %(B)s "%(f)s" "%(a)s" ' +
  '%({x-id}i)s %({x-answer}o)s %({PATH_INFO}e)s %({HTTP_X_ID}e)s %({missing}i)s 100%%'

describe('The access log of run', { concurrency: 2 }, () => {
  test('has the lines of the real gunicorn', async (context) => {
    const python = need(context, pythonWithGunicorn())
    if (python === undefined) return
    const directory = await temporaryDirectory(context)
    const [theirs, ours] = [join(directory, 'theirs'), join(directory, 'ours')]
    const options = (file: string): string[] => [
      ...['--access-logfile', file, '--access-logformat', format],
    ]
    const gunicorn = await startGunicorn(context, { python, options: options(theirs) })
    await withMaster({ file: app, options: options(ours) }, async (master) => {
      await master.serving(1)
      for (const sent of requests) {
        await send(gunicorn.port, sent)
        await send(master.port, sent)
      }
      await eventually(() => assert.equal(lines(ours).length, requests.length))
      assert.deepEqual(lines(ours), lines(theirs))
    })
  })

  test('says 499 for a client that leaves before the head, as JSON too', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    const options = ['--access-logfile', file, '--access-logformat', 'json']
    await withMaster({ file: app, options }, async (master) => {
      await master.serving(1)
      await leave(master.port, '/never')
      await leave(master.port, '/head-only')
      await eventually(() => assert.equal(lines(file).length, 2))
      const read = lines(file).map((line) => JSON.parse(line))
      const shown = read.map(({ path, status, aborted, remote_address }) => {
        return { path, status, aborted, remote_address }
      })
      const left = { aborted: true, remote_address: '127.0.0.1' }
      assert.deepEqual(shown, [
        { path: '/never', status: 499, ...left },
        { path: '/head-only', status: 200, ...left },
      ])
    })
  })

  test('has lines of HTTP/2', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    const options = ['--access-logfile', file, '--access-logformat', '%(h)s %(r)s %(s)s %(b)s']
    await withMaster({ file: 'run/http2.cjs', options }, async (master) => {
      await master.serving(1)
      const session = connect(`http://127.0.0.1:${master.port}`)
      const stream = session.request({ ':path': '/' })
      stream.resume().end()
      await new Promise((resolve) => stream.on('close', resolve))
      session.close()
      await eventually(() =>
        assert.match(lines(file).join(), /^127\.0\.0\.1 GET \/ HTTP\/2 200 \d+$/),
      )
    })
  })

  test('goes on in a new file after a rotation and USR1, without a lost line', async (context) => {
    const file = join(await temporaryDirectory(context), 'log')
    const options = ['-w', '2', '--access-logfile', file, '--access-logformat', '%(U)s']
    await withMaster({ file: app, options }, async (master) => {
      await master.serving(2)
      await send(master.port, { path: '/before' })
      await eventually(() => assert.deepEqual(lines(file), ['/before']))
      renameSync(file, `${file}.1`)
      master.signal('SIGUSR1')
      await eventually(() => statSync(file))
      let sent = 0
      await eventually(async () => {
        await send(master.port, { path: '/after' })
        sent += 1
        assert.ok(lines(file).length > 0)
      })
      master.signal('SIGTERM')
      await master.ended
      assert.equal(lines(file).length + lines(`${file}.1`).length, sent + 1)
    })
  })

  test('counts lost lines on a full disk, and the worker answers', async () => {
    const options = ['--access-logfile', '/dev/full']
    await withMaster({ file: app, options }, async (master) => {
      await master.serving(1)
      await send(master.port, { path: '/' })
      await send(master.port, { path: '/' })
      await eventually(async () => {
        const faults = (await master.page()).find(
          ({ name, labels }) =>
            name === 'gunicorn_exporter_faults_total' && labels['component'] === 'access_log',
        )
        assert.equal(faults?.value, 2)
      })
      assert.match(master.stderr(), /The access log \/dev\/full loses lines: ENOSPC/)
    })
  })

  test('goes to stdout', async () => {
    const options = ['--access-logfile', '-', '--access-logformat', 'line %(U)s']
    await withMaster({ file: app, options }, async (master) => {
      await master.serving(1)
      await send(master.port, { path: '/here' })
      await eventually(() => assert.match(master.stdout(), /^line \/here$/m))
    })
  })

  test('ends the start where the file cannot be opened', async () => {
    const options = ['--access-logfile', '/no-such-directory/log']
    const args = [process.execPath, command, 'run', ...options, 'package.json']
    const { stderr, ended } = startProgram(args, {})
    assert.equal((await ended).code, 2)
    assert.match(stderr(), /--access-logfile: ENOENT: .*\/no-such-directory\/log/)
  })
})
