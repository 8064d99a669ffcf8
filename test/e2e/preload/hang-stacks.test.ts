import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseHang } from '../../../src/hang-stacks/hang-message.ts'
import {
  type App,
  type AppOptions,
  eventually,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import {
  hangStacks,
  hangStatus,
  hasStack,
  hold,
  hungWorker,
} from '../../support/programs/hanging.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

const file = 'apps/hanging/server.cjs'
const source = String.raw`\(.*hanging/server\.cjs:\d+:\d+\)`

type Act = (app: App, port: number) => Promise<void>

async function withApp({ env, ...options }: Partial<AppOptions>, act: Act): Promise<void> {
  const app = await startApp({ file, ...options, env: { ...hangStacks, ...env } })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

/** Acts with a temporary directory, in which the primary makes its private directory. */
async function inDirectory(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hang-stacks-'))
  try {
    await act(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Workers keep their counts in files of this directory. */
function inFiles(directory: string): Record<string, string> {
  return { PROMETHEUS_MULTIPROC_DIR: directory, GUNICORN_CRASH_MEMORY: 'off' }
}

function filesBelow(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return paths.map((path) => join(directory, path))
}

function hangFilesBelow(directory: string): string[] {
  return filesBelow(directory).filter((path) => path.endsWith('.hang.json'))
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

const major = Number(
  /^v(\d+)/.exec(execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' }))?.[1],
)
const hasPermissions = major < 22 ? { skip: 'Node.js 20 has no --permission' } : {}
const permissions = [
  ...['--no-warnings', '--permission', '--allow-fs-read=*', '--allow-fs-write=*'],
  ...['--allow-worker', ...(major > 24 ? ['--allow-net'] : [])],
]

describe('A worker that hangs', () => {
  test('shows the line that holds it on /status and in one line on stderr', () =>
    withApp({ env: { WORKERS: '2' } }, async (app, port) => {
      hold(port, '/forever')
      const hang = await hungWorker(app)
      assert.match(hang.heldBy ?? '', new RegExp(`^forever ${source}$`))
      const [first, second] = (hang.stack ?? '').split('\n')
      assert.equal(first, `at ${hang.heldBy}`)
      assert.match(second ?? '', new RegExp(`^at handle ${source}$`))
      assert.ok(hang.seconds >= 1)
      await eventually(async () => assert.ok((await hungWorker(app)).seconds > hang.seconds + 1))
      const { workers } = await hangStatus(app.metricsUrl)
      assert.equal(workers.filter(hasStack).length, 1)
      const [line, ...others] = linesOf(app.stderr())
      assert.match(
        line ?? '',
        new RegExp(
          `^gunicorn-\\S+: Worker worker_\\d+_\\d+ \\(pid:\\d+\\) hangs: ` +
            `.*, held by forever ${source} \\(GPE_PROCESS_HANGS\\)$`,
        ),
      )
      assert.deepEqual(others, [])
      assert.equal(app.stdout(), `ready ${port}\n`)
    }))

  const ways: readonly (readonly [path: string, heldBy: RegExp])[] = [
    ['/sleep', new RegExp(`^sleepSync ${source}$`)],
    ['/match', new RegExp(`^match ${source}$`)],
    ['/deep?levels=6000', new RegExp(`^spin ${source}$`)],
    ['/child', /^native code$/],
  ]
  for (const [path, heldBy] of ways) {
    test(`in ${path} shows ${heldBy}, and serves afterwards`, () =>
      withApp({}, async (app, port) => {
        const held = hold(port, path.includes('?') ? `${path}&ms=9000` : `${path}?ms=4000`)
        const hang = await hungWorker(app)
        assert.match(hang.heldBy ?? '', heldBy)
        if (path === '/child') assert.equal(hang.stack, 'no JavaScript stack: native code')
        const pid = await held
        assert.equal((await get(port, '/')).body, pid)
        await eventually(async () => {
          const { workers, deaths } = await hangStatus(app.metricsUrl)
          assert.deepEqual([workers[0]?.hang, deaths], [null, []])
        })
      }))
  }

  test('shows at most 50 frames of a deep stack', () =>
    withApp({}, async (app, port) => {
      const held = hold(port, '/deep?levels=2000&ms=4000')
      const lines = ((await hungWorker(app)).stack ?? '').split('\n')
      assert.equal(lines.length, 51)
      assert.match(lines.at(-1) ?? '', /^\.\.\. 1\d{3} more$/)
      await held
    }))

  test('hides the stack where the endpoint is open to the network', () =>
    withApp({ env: { PROMETHEUS_BIND_ADDRESS: '0.0.0.0' } }, async (app, port) => {
      const held = hold(port, '/spin?ms=5000')
      const { seconds, ...others } = await hungWorker(app)
      assert.ok(seconds >= 1)
      assert.deepEqual(Object.keys(others), ['state', 'details'])
      assert.match(others.details ?? '', /^hidden: /)
      await held
    }))

  test('has the stack in the record of its death', () =>
    // The primary ends with its last worker.
    withApp({ env: { WORKERS: '2' } }, async (app, port) => {
      const held = hold(port, '/forever')
      const hang = await hungWorker(app)
      const { workers } = await hangStatus(app.metricsUrl)
      process.kill(workers.find(hasStack)?.pid ?? 0, 'SIGKILL')
      const death = await eventually(async () => {
        const [first] = (await hangStatus(app.metricsUrl)).deaths
        assert.ok(first)
        return first
      })
      assert.equal(death.hang?.stack, hang.stack)
      assert.ok((death.hang?.seconds ?? 0) > hang.seconds)
      const line = /ended: sigkill .*; held by forever /
      await eventually(() => assert.match(app.stderr(), line))
      assert.equal(await held, 'cut')
    }))

  test('recovers from 20 stalls, with a stack of each', () =>
    inDirectory((directory) =>
      withApp(
        { env: { GUNICORN_HANG_STACKS: '0.5', PROMETHEUS_MULTIPROC_DIR: directory } },
        async (app, port) => {
          const pid = (await get(port, '/')).body
          for (let stall = 1; stall <= 20; stall += 1) {
            const held = hold(port, '/spin?ms=2500')
            const message = await eventually(() => {
              const [path = 'no file'] = hangFilesBelow(directory)
              const found = parseHang(readFileSync(path, 'utf8'))
              assert.ok(found)
              return found
            })
            assert.equal(message.stall, stall)
            assert.match(message.heldBy, /^spin /)
            assert.equal(await held, pid)
            assert.equal((await get(port, '/')).body, pid)
            await eventually(() => assert.deepEqual(hangFilesBelow(directory), []))
          }
          await eventually(async () =>
            assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 41),
          )
        },
      ),
    ))

  test('goes on when its watchdog dies while the main thread is paused', () =>
    // The frames of such a stack do not fit into the heap of the watchdog.
    withApp({ nodeArgs: ['--stack-size=7000'] }, async (app, port) => {
      const pid = await hold(port, '/deep?levels=50000&ms=8000')
      assert.equal((await get(port, '/')).body, pid)
      await eventually(async () => {
        const faults = sum(await app.page(), 'gunicorn_exporter_faults_total', {
          component: 'hang_stacks',
        })
        assert.equal(faults, 1)
      })
      const held = hold(port, '/spin?ms=5000')
      assert.match((await hungWorker(app)).heldBy ?? '', /^spin /)
      assert.equal(await held, pid)
    }))

  test('counts a stack that cannot be written, and is silent', () =>
    inDirectory((directory) =>
      withApp({ env: inFiles(directory) }, async (app, port) => {
        await get(port, '/')
        // The worker has its crash file, and makes no other file.
        await eventually(() =>
          assert.ok(filesBelow(directory).some((path) => path.endsWith('.counts'))),
        )
        const owner = filesBelow(directory).find((path) => path.endsWith('owner.json'))
        // The watchdog cannot replace a directory by a file.
        mkdirSync(join(dirname(owner ?? assert.fail()), '1.hang.json.draft'))
        await hold(port, '/spin?ms=3000')
        await eventually(async () => {
          const page = await app.page()
          const component = 'hang_stacks'
          assert.equal(sum(page, 'gunicorn_exporter_faults_total', { component }), 1)
        })
        assert.equal(app.stderr(), '')
        assert.deepEqual(hangFilesBelow(directory), [])
      }),
    ))
})

describe('A process that hangs', () => {
  test('without workers shows the line that holds it', () =>
    withApp({ env: { WORKERS: '0' } }, async (app, port) => {
      const held = hold(port, '/spin?ms=5000')
      assert.match((await hungWorker(app)).heldBy ?? '', new RegExp(`^spin ${source}$`))
      assert.match(app.stderr(), /: The process \(pid:\d+\) hangs: .*, held by spin /)
      await held
      await eventually(async () => assert.equal((await hangStatus(app.metricsUrl)).hang, null))
    }))

  test('and is the primary shows the line that holds it', () =>
    withApp({}, async (app) => {
      app.child.kill('SIGUSR2')
      const hang = await eventually(async () => {
        const status = await hangStatus(app.metricsUrl)
        assert.ok(status.hang)
        return status.hang
      })
      assert.match(hang.heldBy ?? '', new RegExp(`^spin ${source}$`))
      await eventually(() => assert.match(app.stderr(), /: The process .* held by spin /))
      await eventually(async () => assert.equal((await hangStatus(app.metricsUrl)).hang, null))
    }))

  test('as an ES module shows the line that holds it', () =>
    withApp({ file: 'apps/hanging/server.mjs', preload: 'import' }, async (app, port) => {
      hold(port, '/forever')
      const { heldBy } = await hungWorker(app)
      assert.match(heldBy ?? '', /^hold \(.*hanging\/server\.mjs:\d+:\d+\)$/)
    }))

  test('as compiled TypeScript shows the line of the source', () =>
    inDirectory((directory) => {
      writeFileSync(join(directory, 'typed.cjs'), compiled)
      writeFileSync(join(directory, 'typed.cjs.map'), JSON.stringify(sourceMap))
      return withApp({ file: join(directory, 'typed.cjs') }, async (app, port) => {
        hold(port, '/forever')
        const { heldBy } = await hungWorker(app)
        // The loop is in lines 5 to 7 of the compiled file, and in lines 15 to 17 of the source.
        assert.match(heldBy ?? '', new RegExp(`^hold \\(${directory}/typed\\.ts:1[567]:\\d+\\)$`))
      })
    }))
})

describe('A process with a watchdog', () => {
  test('that was stopped is not reported as hung', () =>
    withApp({ env: { WORKERS: '0' } }, async (app, port) => {
      await get(port, '/')
      app.child.kill('SIGSTOP')
      await sleep(4_000)
      app.child.kill('SIGCONT')
      await get(port, '/')
      // A stall after the stop is reported. Everything from the stop would be there by then.
      const held = hold(port, '/spin?ms=4000')
      assert.match((await hungWorker(app)).heldBy ?? '', /^spin /)
      await held
      assert.equal(linesOf(app.stderr()).length, 1)
      assert.match(app.stderr(), / held by spin /)
    }))

  test('leaves a process with an open inspector alone', () =>
    withApp({ env: { WORKERS: '0' }, nodeArgs: ['--inspect=0'] }, async (app, port) => {
      await hold(port, '/spin?ms=3500')
      const { hang, workers } = await hangStatus(app.metricsUrl)
      assert.deepEqual([hang, workers.some(hasStack)], [null, false])
      assert.doesNotMatch(app.stderr(), /hangs|attached/)
    }))

  test('leaves a process alone whose inspector was opened later', () =>
    withApp({ env: { WORKERS: '0' } }, async (app, port) => {
      app.child.kill('SIGUSR1')
      await eventually(() => assert.match(app.stderr(), /Debugger listening/))
      await sleep(500)
      await hold(port, '/spin?ms=3500')
      const { hang } = await hangStatus(app.metricsUrl)
      assert.equal(hang, null)
      assert.doesNotMatch(app.stderr(), /hangs|attached/)
    }))

  test('prints nothing, opens no inspector and ends at its natural end', () =>
    withApp({ env: { WORKERS: '0' } }, async (app, port) => {
      const held = hold(port, '/spin?ms=3000')
      await hungWorker(app)
      await held
      assert.doesNotMatch(app.stderr(), /[Dd]ebugger|[Ii]nspector/)
      await get(port, '/close')
      assert.deepEqual(await app.ended, { code: 0, signal: null })
      assert.equal(app.stdout(), `ready ${port}\n`)
    }))

  test('whose permissions forbid the inspector logs one line and goes on', hasPermissions, () =>
    withApp({ env: { WORKERS: '0' }, nodeArgs: permissions }, async (app, port) => {
      const pid = await hold(port, '/spin?ms=2500')
      assert.equal((await get(port, '/')).body, pid)
      const [line, ...others] = linesOf(app.stderr())
      assert.match(line ?? '', /shows no stack: the permission model of Node\.js forbids/)
      assert.deepEqual(others, [])
    }),
  )

  test('leaves no thread, no file and no timer of its own where the setting is off', () =>
    inDirectory((directory) =>
      withApp(
        { env: { GUNICORN_HANG_STACKS: '0', PROMETHEUS_MULTIPROC_DIR: directory } },
        async (app, port) => {
          const off = threadsOf((await get(port, '/')).body)
          await hold(port, '/spin?ms=2500')
          assert.deepEqual(hangFilesBelow(directory), [])
          assert.equal(app.stderr(), '')
          await withApp({}, async (_, other) => {
            const on = threadsOf((await get(other, '/')).body)
            assert.equal(on, off + 1)
          })
        },
      ),
    ))
})

/** The number of threads of a process. */
function threadsOf(pid: string): number {
  return readdirSync(`/proc/${pid}/task`).length
}

/** By `tsc`, from `typed.ts`. */
const compiled = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const http = require("node:http");
const hold = ({ id }) => {
    for (;;) {
        if (Date.now() < id)
            throw new Error('the clock is wrong');
    }
};
const server = http.createServer(({ url }, response) => {
    if (url === '/forever')
        hold({ id: 0, lines: [] });
    response.end(String(process.pid));
});
server.listen(0, () => {
    const address = server.address();
    if (typeof address === 'object')
        process.stdout.write(\`ready \${address?.port}\\n\`);
});
//# sourceMappingURL=typed.cjs.map
`
const mappings =
  ';;AAEA,MAAO,IAAI,wBAAuB;AAWlC,MAAM,IAAI,GAAS,CAAC,EAAE,EAAE,EAAE,EAAE,EAAE;' +
  'IAC5B,SAAS,CAAC;QACR,IAAI,IAAI,CAAC,GAAG,EAAE,GAAG,EAAE;' +
  'YAAE,MAAM,IAAI,KAAK,CAAC,oBAAoB,CAAC,CAAA;IAC5D,CAAC;AACH,CAAC,CAAA'
const sourceMap = { version: 3, file: 'typed.cjs', sources: ['typed.ts'], names: [], mappings }
