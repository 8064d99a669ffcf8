import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBrowser, visitLivePage } from '../../support/browser/visit.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('The live page of serve shows all instances, and one of them', async (given) => {
  const context = latestFirst(given)
  const browser = await startBrowser(context)
  if (!browser) return
  const directory = await temporaryDirectory(context)
  for (const workers of ['1', '2']) {
    const env = { PROMETHEUS_SHARED_DIR: directory, WORKERS: workers }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    context.after(app.stop)
    await load({ port: await app.ready(), paths: ['/'], count: 20, connections: 2 })
  }
  const sidecar = await startServe({ env: { PROMETHEUS_SHARED_DIR: directory } })
  context.after(sidecar.stop)
  const { page, faults } = await visitLivePage(browser, sidecar.metricsUrl)
  await page.locator('#instances tbody tr').nth(1).waitFor()
  const workers = page.locator('#workers tbody tr')
  await eventually(async () => assert.equal(await workers.count(), 3))
  const choice = page.locator('#instance')
  const names = await choice.locator('option').allTextContents()
  assert.equal(names.length, 3, names.join(', '))
  const counts: number[] = []
  for (const name of names.slice(1)) {
    await choice.selectOption(name)
    await eventually(async () => {
      assert.equal(await page.locator('#title').textContent(), name)
      assert.ok([1, 2].includes(await workers.count()))
    })
    counts.push(await workers.count())
  }
  assert.deepEqual(counts.sort(), [1, 2])
  // The document of a sidecar has no deaths: an empty table would say that no worker has ended.
  assert.equal(await page.locator('#deaths, #deaths-link').filter({ visible: true }).count(), 0)
  assert.deepEqual(faults, [])
})

test('The live page of serve has no red notice while it waits for its directory', async (given) => {
  const context = latestFirst(given)
  const browser = await startBrowser(context)
  if (!browser) return
  const directory = join(await temporaryDirectory(context), 'shared')
  const sidecar = await startServe({ env: { PROMETHEUS_SHARED_DIR: directory } })
  context.after(sidecar.stop)
  const { page, faults } = await visitLivePage(browser, sidecar.metricsUrl)
  const notices = page.locator('#notices .notice').filter({ visible: true })
  const notice = notices.filter({ hasText: 'directory is not there yet' })
  await notice.waitFor()
  assert.match((await notice.getAttribute('class')) ?? '', /\bwarn\b/)
  assert.equal(await notices.count(), 1)
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { PROMETHEUS_SHARED_DIR: directory },
  })
  context.after(app.stop)
  await page.locator('#workers tbody tr').first().waitFor()
  await eventually(async () => assert.equal(await notices.count(), 0))
  assert.deepEqual(faults, [])
})

test('The live page of serve says that the directory is away', async (given) => {
  const context = latestFirst(given)
  const browser = await startBrowser(context)
  if (!browser) return
  const directory = join(await temporaryDirectory(context), 'shared')
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { PROMETHEUS_SHARED_DIR: directory },
  })
  context.after(app.stop)
  await app.ready()
  const sidecar = await startServe({ env: { PROMETHEUS_SHARED_DIR: directory } })
  context.after(sidecar.stop)
  const { page, faults } = await visitLivePage(browser, sidecar.metricsUrl)
  await page.locator('#workers tbody tr').first().waitFor()
  const notice = page.locator('#notices .notice').filter({ hasText: 'directory cannot be read' })
  assert.equal(await notice.count(), 0)
  await app.stop()
  await rename(directory, `${directory}.away`)
  await notice.waitFor({ timeout: 60_000 })
  assert.match((await notice.textContent()) ?? '', /the page shows 1 instance from \d+ s ago/)
  assert.deepEqual(faults, [])
})
