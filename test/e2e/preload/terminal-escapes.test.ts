import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sharing } from '../../support/redis/redis.ts'

/*
 * Other programs choose texts of our log lines. A terminal must not act on these texts, and a line
 * of another program must not look like a line of ours.
 */

/** Titles, clipboards and colors of terminals; writing directions; invisible characters. */
const hostile =
  'a\u001b[2J\u001b]0;title\u0007\u001b]52;c;aGk=\u0007\u009b31m\u0090q\u009c\u007f\b\u0000' +
  '\u202e\u2066\u200b\u200d\u2028\ufeff\u00ad\u2060\u{e0041}z'
const readable = /a\\u\{1b\}\[2J\\u\{1b\}\]0;title\\u\{7\}/

/** All but the line feed: what a terminal or a reader could take for something else. */
const unprintable = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

for (const format of ['text', 'json'] as const) {
  describe(`In logs of ${format}, a hostile text reaches no terminal raw:`, () => {
    test('the error of an OTLP receiver', async (context) => {
      const port = await server(context, refuse)
      const { page, lines } = await started(context, format, {
        OTEL_METRICS_EXPORTER: 'prometheus,otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      })
      await eventually(() => assert.match(lines(), /400/))
      assertPrintable(lines(), format)
      assert.doesNotMatch(await page('/status'), unprintable)
    })

    test('the error of a Redis server', async (context) => {
      const port = await server(context, answerAsRedis)
      const { page, lines } = await started(context, format, sharing(port))
      await eventually(() => assert.match(lines(), /title/))
      assertPrintable(lines(), format)
      assert.doesNotMatch(await page('/status'), unprintable)
    })

    test('the name of a directory', async (context) => {
      const directory = join(await temporaryDirectory(context), hostile.replace('\0', ''))
      writeFileSync(directory, '')
      const { lines } = await started(context, format, { PROMETHEUS_MULTIPROC_DIR: directory })
      await eventually(() => assert.match(lines(), /title/))
      assertPrintable(lines(), format)
    })

    test('the errors of hooks, and a line break in them', async (context) => {
      const directory = join(await temporaryDirectory(context), hostile.replace('\0', ''))
      mkdirSync(directory)
      const hooks = join(directory, 'hooks.cjs')
      const forged = `${hostile}\n[2026-11-21 10:00:00 +0000] [1] [INFO] forged`
      const text = JSON.stringify(`${forged}\r\ngunicorn-prometheus-exporter: forged`)
      writeFileSync(hooks, `exports.whenReady = () => { throw new Error(${text}) }`)
      const env = { PROMETHEUS_LOG_FORMAT: format }
      const master = await startMaster({ options: ['--hooks', hooks], env })
      context.after(master.stop)
      await eventually(() => assert.match(master.stderr(), /forged/))
      assertPrintable(master.stderr(), format)
      const lines = master.stderr().split('\n')
      if (format === 'text') {
        assert.deepEqual(
          lines.filter((line) => /^\S.*INFO\] forged/.test(line)),
          [],
        )
        assert.deepEqual(
          lines.filter((line) => /^gunicorn-prom.*forged/.test(line)),
          [],
        )
      } else for (const line of lines.filter((line) => line !== '')) JSON.parse(line)
    })
  })
}

function assertPrintable(lines: string, format: 'text' | 'json'): void {
  assert.equal(unprintable.exec(lines)?.[0].codePointAt(0)?.toString(16), undefined, lines)
  const said = format === 'text' ? lines : JSON.stringify(lines)
  assert.match(said, format === 'text' ? readable : /u001b/)
}

/** Refuses every command but the ones by which a client connects. */
function answerAsRedis(socket: Socket): void {
  socket.on('data', (data) => {
    const commands = data.toString('latin1').match(/^\*\d+\r\n\$\d+\r\n\w+/gm) ?? []
    for (const command of commands) {
      if (/info$/i.test(command)) socket.write('$9\r\nloading:0\r\n')
      else if (/(?:client|select)$/i.test(command)) socket.write('+OK\r\n')
      else socket.write(`-ERR ${hostile}\r\n`)
    }
  })
}

function refuse(socket: Socket): void {
  const answer = `HTTP/1.1 400 ${hostile}\r\nContent-Length: 0\r\n\r\n`
  socket.once('data', () => socket.end(answer))
}

async function server(context: TestContext, act: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    act(socket)
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  context.after(() => {
    listening.close()
    for (const socket of sockets) socket.destroy()
  })
  return (listening.address() as AddressInfo).port
}

interface Started {
  readonly page: (path: string) => Promise<string>
  readonly lines: () => string
}

async function started(
  context: TestContext,
  format: 'text' | 'json',
  env: Record<string, string>,
): Promise<Started> {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_LOG_FORMAT: format, ...env },
  })
  context.after(app.stop)
  await app.ready()
  return {
    page: async (path) => await fetchText(app.metricsUrl.replace('/metrics', path)),
    lines: app.stderr,
  }
}
