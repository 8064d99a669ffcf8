import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type App, eventually, freePort, startApp } from '../programs/app.ts'
import { type Sample, sum } from '../prometheus/page.ts'
import type { AppForm } from './app-form.ts'
import type { ExpectedRequest } from './framework-row.ts'

/** How often each request is sent. Each of two workers gets half of the requests. */
export const repetitions = 4

export const durationCount = 'http_server_request_duration_seconds_count'

export interface FrameworkResponse {
  readonly status: number
  readonly body: string
}

/** What a run of the application showed. */
export interface FrameworkRun {
  /** In the order of the requests, each request `repetitions` times. */
  readonly responses: readonly FrameworkResponse[]
  /** The lines in alphabetical order: two workers print at the same time. */
  readonly stdout: readonly string[]
  readonly stderr: string
  readonly code: number | null
  /** After all requests. Empty without the exporter. */
  readonly page: readonly Sample[]
}

export interface RunOptions {
  readonly requests: readonly ExpectedRequest[]
  readonly hasExporter: boolean
  readonly env: Readonly<Record<string, string>>
}

export async function runApp(form: AppForm, options: RunOptions): Promise<FrameworkRun> {
  const port = await freePort()
  const app = await startApp({
    file: form.file,
    cwd: form.directory,
    nodeArgs: form.nodeArgs,
    preload: options.hasExporter ? form.preload : 'none',
    env: {
      PORT: String(port),
      NODE_ENV: 'production',
      GUNICORN_HTTP_BODY_SIZES: 'true',
      ...options.env,
    },
  })
  try {
    await eventually(() => assert.equal(listening(app), 2, notReady(app)), 240_000)
    const responses: FrameworkResponse[] = []
    for (const expected of options.requests) {
      for (let turn = 0; turn < repetitions; turn += 1) responses.push(await send(port, expected))
    }
    const page = options.hasExporter ? await completePage(app, responses.length) : []
    app.child.kill('SIGTERM')
    await eventually(() => assert.ok(hasEnded(app), 'the application ignores SIGTERM'))
    const { code } = await app.ended
    const stdout = app.stdout().split('\n').sort()
    return { responses, stdout, stderr: app.stderr(), code, page }
  } finally {
    await app.stop()
  }
}

function listening({ stdout }: App): number {
  return stdout().match(/^listening$/gm)?.length ?? 0
}

function notReady({ stdout, stderr }: App): string {
  return `two workers must print "listening"; stdout: ${stdout()} stderr: ${stderr()}`
}

function hasEnded({ child }: App): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** One request on a new connection, so that the cluster spreads the requests over its workers. */
async function send(port: number, expected: ExpectedRequest): Promise<FrameworkResponse> {
  const { method = 'GET', path, body, headers = {} } = expected
  const sized = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const message = request({
    ...{ host: '127.0.0.1', port, path, method, agent: false },
    headers: { ...sized, 'content-type': 'application/json', ...headers },
  })
  message.end(body)
  const [response] = await once(message, 'response')
  return { status: response.statusCode, body: await text(response) }
}

/** The page with all requests. After a timeout, the last page shows what is missing. */
async function completePage(app: App, count: number): Promise<readonly Sample[]> {
  let page: readonly Sample[] = []
  try {
    await eventually(async () => {
      page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), count)
      assert.equal(sum(page, durationCount), count)
    })
  } catch {
    // The tests of the counts fail with this page.
  }
  return page
}
