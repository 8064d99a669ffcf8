import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually, fixtures, nodeUnderTest, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command, countLines, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-edges-'))

after(() => rmSync(directory, { recursive: true }))

const laterWorkers: Record<string, string> = {
  'never serves': 'setInterval(() => {}, 1_000)',
  'dies in its boot, again and again': 'setTimeout(() => process.exit(1), 300)',
}
for (const [title, boot] of Object.entries(laterWorkers)) {
  test(`TTOU keeps the serving worker if the worker of a TTIN ${title}`, async () => {
    const file = join(directory, 'later.cjs')
    writeFileSync(
      file,
      `if (require('node:cluster').worker.id > 1) ${boot}
       else require('node:http').createServer((_, response) => response.end('serves'))
         .listen(Number(process.env.PORT), '127.0.0.1')`,
    )
    await withMaster({ file }, async (master) => {
      const [pid = 0] = await master.serving(1)
      const booting = async (count: number): Promise<void> => {
        await eventually(() => {
          assert.equal(master.workers().length, 2)
          assert.ok(countLines(master.stderr(), 'Booting worker') >= count)
        })
      }
      master.signal('SIGTTIN')
      await booting(boot.includes('exit') ? 4 : 2)
      master.signal('SIGTTOU')
      await eventually(() =>
        assert.match(master.stderr(), /ended(?:: ttou| (?:by|with) .+ \(ttou\))/),
      )
      assert.deepEqual(await master.serving(1), [pid])
      assert.equal((await get(master.port, '/')).body, 'serves')
    })
  })
}

const languages: Record<string, string> = {
  'app.mjs': `import { createServer } from 'node:http'
    createServer((_, response) => response.end('served')).listen(process.env.PORT, '127.0.0.1')`,
  'app.mts': `import { createServer, type Server } from 'node:http'
    const server: Server = createServer((_, response) => response.end('served'))
    server.listen(Number(process.env.PORT), '127.0.0.1')`,
}
for (const [name, source] of Object.entries(languages)) {
  // Node before 22.18 does not strip types.
  if (name.endsWith('ts') && !stripsTypes()) continue
  test(`serves ${name}`, async () => {
    const file = join(directory, name)
    writeFileSync(file, source)
    await withMaster({ file, options: ['-w', '2'] }, async (master) => {
      await master.serving(2)
      assert.equal((await get(master.port, '/')).body, 'served')
    })
  })
}

test('runMaster takes options and hooks in code and throws on wrong options', async () => {
  const entry = join(dirname(command), 'run-master.mjs')
  const app = await startApp({
    file: 'apps/run/own-master.mjs',
    preload: 'none',
    args: [join(fixtures, 'apps/run/served.cjs')],
    env: { PACKAGE: pathToFileURL(entry).href },
  })
  try {
    await eventually(() => assert.match(app.stdout(), /^ready$/m))
    assert.match(app.stdout(), /^ConfigError: workers is "0".* keepAlive is "-1"/m)
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'listening' }), 2)
    })
    app.child.kill('SIGTERM')
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.equal(app.stdout().match(/^ended term$/gm)?.length, 2)
  } finally {
    await app.stop()
  }
})

function stripsTypes(): boolean {
  const program = 'process.stdout.write(String(process.features.typescript))'
  return execFileSync(nodeUnderTest, ['--eval', program], { encoding: 'utf8' }) === 'strip'
}
