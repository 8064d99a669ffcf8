import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, nodeUnderTest, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

/** Packages with the names and files of a framework, and with another text. */
const packages: Readonly<Record<string, readonly string[]>> = {
  hono: ['hono/dist/hono-base.js'],
  'h3 2': ['h3/dist/_entries/node.mjs', 'h3/dist/cache.mjs'],
  'h3 1': ['h3/dist/index.mjs'],
  'React Router': ['@react-router/express/dist/index.js'],
  tRPC: ['@trpc/server/dist/adapters/standalone.mjs'],
  Remix: ['@remix-run/express/dist/server.js'],
}

const version = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' })
const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
/** The exporter makes a hook from 22.22.3, 24.12 and 25.1 on. */
const hasHooks = major > 25 || minor >= ({ 22: 23, 24: 12, 25: 1 }[major] ?? 99)

describe('A framework of an unknown form counts a fault and works', { skip: !hasHooks }, () => {
  for (const [framework, files] of Object.entries(packages)) {
    test(framework, async (context) => {
      const directory = await temporaryDirectory(context)
      await writeFile(join(directory, 'package.json'), '{"type":"module"}')
      const [entry = ''] = files
      for (const each of files) {
        const file = join(directory, 'node_modules', each)
        await mkdir(dirname(file), { recursive: true })
        const others = each === entry ? files.slice(1) : []
        const imports = others.map((other) => `import '${join(directory, 'node_modules', other)}'`)
        await writeFile(file, [...imports, "export const answer = () => 'works'"].join('\n'))
      }
      const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(entry) ?? []
      const manifest = join(directory, 'node_modules', name, 'package.json')
      await writeFile(manifest, '{"type":"module"}')
      await writeFile(join(directory, 'app.mjs'), program(`./node_modules/${entry}`))
      const app = await startApp({ file: join(directory, 'app.mjs'), preload: 'import' })
      try {
        const port = await app.ready()
        assert.equal((await get(port, '/users/7')).body, 'works')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
          const faults = select(page, 'gunicorn_exporter_faults_total', { component: 'route' })
          assert.deepEqual(
            faults.map(({ value }) => value),
            [1],
          )
        })
      } finally {
        await app.stop()
      }
    })
  }
})

function program(entry: string): string {
  return `
    import { createServer } from 'node:http'
    import { answer } from '${entry}'
    const server = createServer((request, response) => response.end(answer()))
    server.listen(0, () => console.log('ready ' + server.address().port))
  `
}
