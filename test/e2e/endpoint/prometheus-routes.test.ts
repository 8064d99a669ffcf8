import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, withCluster } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { withPrometheus } from '../../support/prometheus/prometheus.ts'
import { scrapeConfig } from '../../support/prometheus/scrape-jobs.ts'
import { need, prometheus } from '../../support/tools.ts'

const document = join(import.meta.dirname, '../../../docs/routes.md')

test('The queries of docs/routes.md work in a real Prometheus', async (context) => {
  const program = need(context, prometheus())
  if (program === undefined) return
  const [rates, ratio, classes, percentile, ...others] = await documentedQueries()
  assert.deepEqual(others, [])
  await withCluster({ WORKERS: '2' }, async (app, port) => {
    const paths = ['/pid', '/status?code=500', '/status?code=200', '/pid']
    const send = (): Promise<unknown> => load({ port, paths, count: 400, connections: 4 })
    await send()
    const config = scrapeConfig({ app: { port: Number(new URL(app.metricsUrl).port) } })
    await withPrometheus({ prometheus: program, config }, async ({ query }) => {
      const by = async (expression = '', label = ''): Promise<Record<string, number>> => {
        const results = await query(expression)
        return Object.fromEntries(results.map(({ labels, value }) => [labels[label] ?? '', value]))
      }
      await eventually(async () => {
        await send()
        const shares = await by(ratio, 'http_route')
        assert.deepEqual(Object.keys(shares), ['/status'])
        assert.ok(Math.abs((shares['/status'] ?? 0) - 0.5) < 0.05, `${shares['/status']}`)
        const rate = await by(rates, 'http_route')
        assert.ok((rate['/pid'] ?? 0) > 0 && (rate['/status'] ?? 0) > 0)
        assert.deepEqual(Object.keys(await by(classes, 'error_type')), ['500'])
        const seconds = await by(percentile, 'http_route')
        assert.ok((seconds['/pid'] ?? 0) > 0)
      })
    })
  })
})

/** The queries of the first block, without comments. A line that begins with a space goes on. */
async function documentedQueries(): Promise<string[]> {
  const text = await readFile(document, 'utf8')
  const block = /```promql\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  const lines = block.replaceAll(/\n +/g, ' ').split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}
