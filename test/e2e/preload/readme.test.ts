import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { parsePage, type Sample, sum } from '../../support/prometheus/page.ts'

/* Runs the first program of the README with another port. */

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')

test('The program of the README shows the lines of the README', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'readme-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const port = await freePort()
  const file = join(directory, 'app.js')
  writeFileSync(file, block('<!-- file: app.js -->').replace('8000', String(port)))
  const app = await startApp({ file })
  context.after(app.stop)

  await eventually(() => get(port, '/'))
  for (let count = 1; count < 6; count += 1) assert.equal((await get(port, '/')).body, 'hello\n')

  const shown = parsePage(block('<!-- output: app.js -->'))
  const total = sum(shown, 'gunicorn_worker_requests_total')
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), total)
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
    const found = new Set(page.map(shapeOf))
    assert.deepEqual(
      shown.map(shapeOf).filter((shape) => !found.has(shape)),
      [],
    )
  })
})

/** The code block after a marker. */
function block(mark: string): string {
  const [, text = ''] = readme.split(`${mark}\n`)
  return /^```\w*\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
}

/** The name and the labels, with their values where no run changes these. */
function shapeOf({ name, labels }: Sample): string {
  return JSON.stringify([name, { ...labels, worker_id: labels['worker_id']?.replace(/\d+$/, '') }])
}
