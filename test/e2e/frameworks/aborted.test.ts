import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { writeApp } from '../../support/frameworks/app-form.ts'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

interface Subject {
  readonly name: string
  readonly packages: Readonly<Record<string, string>>
  readonly path: string
  readonly route: string
}

const subjects: readonly Subject[] = [
  {
    name: 'koa',
    packages: { koa: '3.3.0', '@koa/router': '15.7.0', 'koa-mount': '4.2.0' },
    path: '/slow/7',
    route: '/slow/:id',
  },
  {
    name: 'hapi',
    packages: { '@hapi/hapi': '20.1.2', '@hapi/boom': '9.1.0' },
    path: '/slow/7',
    route: '/slow/{id}',
  },
  {
    name: 'hapi',
    packages: { '@hapi/hapi': '21.4.10', '@hapi/boom': '10.0.1' },
    path: '/slow/7',
    route: '/slow/{id}',
  },
  { name: 'restify', packages: { restify: '12.0.0' }, path: '/slow/7', route: '/slow/:id' },
  { name: 'trpc', packages: { '@trpc/server': '11.25.2' }, path: '/slow', route: '/slow' },
]

/** Some frameworks make an error when a client disconnects. */
describe('A request that the client aborts has the error aborted, and no handled error', () => {
  for (const { name, packages, path, route } of subjects) {
    const title = `in ${Object.keys(packages)[0]} ${Object.values(packages)[0]}`
    test(`${title}, closed and reset`, async (context) => {
      const installed = needed(context, await installPackages(packages))
      if (installed === undefined) return
      const row = { framework: name, app: `frameworks/${name}.cjs`, versions: [], requests: [] }
      const form = await writeApp(context, { row, form: 'cjs', installed: installed.directory })
      assert.ok(form)
      const { file, directory: cwd } = form
      const port = await freePort()
      const app = await startApp({ file, cwd, env: { PORT: String(port) } })
      context.after(() => app.stop())
      await eventually(() => assert.match(app.stdout(), /listening\nlistening/))
      for (const end of ['destroy', 'resetAndDestroy'] as const) {
        const aborted = request({ host: '127.0.0.1', port, path }).on('error', () => {})
        aborted.end()
        await eventually(async () => {
          assert.equal(sum(await app.page(), 'http_server_active_requests'), 1)
        })
        aborted.socket?.[end]()
        await eventually(async () => {
          assert.equal(sum(await app.page(), 'http_server_active_requests'), 0)
        })
      }
      await eventually(async () => {
        const page = await app.page()
        const failed = 'gunicorn_worker_failed_requests_total'
        assert.equal(sum(page, failed), 2)
        assert.equal(sum(page, failed, { endpoint: route, error_type: 'aborted' }), 2)
        assert.deepEqual(select(page, 'gunicorn_worker_error_handling_total'), [])
      })
    })
  }
})
