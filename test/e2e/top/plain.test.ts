import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, type TestContext, test } from 'node:test'
import type { TopJson } from '../../../src/commands/top/top-json.ts'
import { cleanEnvironment, eventually } from '../../support/programs/app.ts'
import { hold } from '../../support/programs/hanging.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { runTop, topWords } from '../../support/top/run-top.ts'

async function watched(context: TestContext, env = {}): Promise<{ master: Master; url: string }> {
  const master = await startMaster({
    ...{ file: 'run/watched.cjs', options: ['-w', '2', '-t', '300'] },
    env: { GUNICORN_HANG_STACKS: '1', ...env },
  })
  context.after(() => master.stop())
  await master.serving(2)
  for (let count = 0; count < 10; count += 1) await get(master.port, '/items')
  return { master, url: `http://127.0.0.1:${master.metricsPort}` }
}

async function json(url: string, ...args: string[]): Promise<TopJson> {
  const { code, stdout, stderr } = await runTop(['--json', url, ...args])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as TopJson
}

describe('top in a pipe', () => {
  test('prints one table as text, without escape sequences', async (context) => {
    const { url } = await watched(context)
    for (const args of [[url], ['--once', url], ['-n', '1', url]]) {
      const { code, stdout, stderr } = await runTop(args)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^Workers: 2 of 2 live, 2 taking requests, 0 hanging, 0 stopped$/m)
      assert.match(stdout, /^STATE▲ +WORKER +PID +UP +REQ\/S/m)
      assert.equal(stdout.match(/^running +worker_\d+_\d+ /gm)?.length, 2)
      assert.ok(!stdout.includes('\u001b'))
    }
  })

  test('prints the chosen view, sorted and filtered', async (context) => {
    const { master, url } = await watched(context)
    await get(master.port, '/broken')
    const read = async (...args: string[]): Promise<string> => (await runTop([url, ...args])).stdout
    await eventually(async () => {
      assert.match(await read('-w', 'routes', '-s', 'failed'), /ERROR▼.*\nGET +\/broken/)
    })
    assert.doesNotMatch(await read('-w', 'routes', '-f', 'items'), /broken/)
    assert.match(await read('-w', 'deaths'), /^No worker has ended\.$/m)
    assert.match(await read('-w', 'instances'), /^This exporter shows one instance/m)
  })

  test('prints latencies of routes at the first look', async (context) => {
    const { url } = await watched(context)
    await eventually(async () => {
      const response = await fetch(`${url}/metrics`)
      assert.match(await response.text(), /duration_seconds_count\{.*http_route="\/items".*\} 10/)
    })
    const { stdout } = await runTop([url, '-w', 'routes'])
    assert.match(stdout, /^Note: Latencies are of all requests of a route, until/m)
    assert.match(stdout, /^GET +\/items +– +[\d.]+ms +[\d.]+ms/m)
  })

  test('prints a hanging worker first, with its stack in JSON', async (context) => {
    const { master, url } = await watched(context)
    void hold(master.port, '/hang')
    await eventually(async () => {
      const [first, second] = (await json(url)).workers
      assert.match(first?.hang?.heldBy ?? '', /^holdTheLoop \(.*watched\.cjs:/)
      assert.deepEqual([first?.state, second?.state], ['hanging', 'running'])
    }, 60_000)
    const { stdout } = await runTop([url])
    assert.match(stdout, /REQ\/S.*\nHANGING /)
    assert.match(stdout, /^Workers: 2 of 2 live, 1 taking requests, 1 hanging, 0 stopped$/m)
  })

  test('prints as many objects as asked, an interval apart', async (context) => {
    const { url } = await watched(context)
    const { code, stdout } = await runTop(['--json', '-n', '3', '-d', '0.3', url])
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual([code, lines.length], [0, 3])
    assert.ok(lines.every((line) => JSON.parse(line).version === 1))
  })

  test('ends in silence when its reader ends', async (context) => {
    const { url } = await watched(context)
    // `dash` reports the end of `top` in the group. Without a count, `top` would go on.
    const words = topWords([url, '-n', '100', '-d', '0.25'])
    const shell = `{ ${words}; echo "status $?" >&2; } | head -n 1`
    const { stdout, stderr } = spawnSync('sh', ['-c', shell], {
      ...{ encoding: 'utf8', timeout: 60_000, env: cleanEnvironment({ LANG: 'C.UTF-8' }) },
    })
    assert.match(stdout, /^[^\n]+\n$/)
    assert.equal(stderr, 'status 0\n')
  })

  test('says that its output cannot be written', async (context) => {
    const { url } = await watched(context)
    const { stderr } = spawnSync('sh', ['-c', `${topWords([url])} >/dev/full; echo $? >&2`], {
      ...{ encoding: 'utf8', timeout: 60_000, env: cleanEnvironment({ LANG: 'C.UTF-8' }) },
    })
    assert.match(stderr, /: The output cannot be written: .*ENOSPC.*\n1\n$/)
  })

  test('shows a hostile route name as text', async (context) => {
    const { master, url } = await watched(context)
    await get(master.port, '/hostile')
    await eventually(async () => {
      const { stdout } = await runTop([url, '-w', 'routes'])
      assert.match(stdout, /\\u\{1b\}\[2J\\u\{1b\}\]0;title\\u\{7\}/)
      assert.doesNotMatch(stdout, /(?!\n)[\p{Cc}\p{Cf}]/u)
    })
    const { stdout } = await runTop([url, '--json'])
    assert.doesNotMatch(stdout, /(?!\n)[\p{Cc}\p{Cf}]/u)
  })
})

test('top reads /metrics and /status where /live is off', async (context) => {
  const { master, url } = await watched(context, { PROMETHEUS_LIVE_PAGE: 'false' })
  await get(master.port, '/die').catch(() => {})
  const shown = await eventually(async () => {
    const document = await json(url)
    assert.equal(document.deaths.length, 1)
    return document
  })
  assert.equal(shown.source, 'metrics')
  assert.match(shown.notes.join(), /has no \/live/)
  assert.deepEqual(shown.deaths[0]?.error?.message, 'no such order')
  assert.ok(shown.workers.every(({ pid, memoryBytes }) => pid !== null && memoryBytes !== null))
  assert.ok(shown.routes.some(({ route, requests }) => route === '/items' && requests === 10))
})
