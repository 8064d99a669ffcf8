import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { version } from '../../../src/model/version.ts'
import { helm as helmTool } from '../../support/deploy/programs.ts'
import { chart, helmArguments, templated, valueFiles } from '../../support/deploy/renderings.ts'
import { need, needed } from '../../support/tools.ts'

function runHelm(helm: string, args: readonly string[]): { status: number | null; text: string } {
  const options = { encoding: 'utf8', timeout: 120_000 } as const
  const { status, stdout, stderr } = spawnSync(helm, args, options)
  return { status, text: `${stdout}${stderr}` }
}

describe('The Helm chart', () => {
  test('has the version of the package', () => {
    const description = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as Record<
      string,
      unknown
    >
    assert.deepEqual([description['version'], description['appVersion']], [version, version])
  })

  test('passes helm lint --strict with every file of values', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    for (const file of valueFiles) {
      const values = ['--values', join(chart, 'ci', file)]
      const { status, text } = runHelm(helm, ['lint', '--strict', chart, ...values])
      assert.equal(status, 0, `${file}: ${text}`)
    }
  })

  for (const [wrong, says] of [
    ['mode=sidecars', /mode/],
    ['monitoring.by=both', /by/],
    ['replicas=2', /replicas/],
    ['page.port=0', /port/],
    ['redis.password=secret', /password/],
    ['image.tag=1,image.digest=2', /digest/],
    ['monitoring.interval=fast', /interval/],
  ] as const) {
    test(`refuses ${wrong}`, (context) => {
      const helm = need(context, helmTool())
      if (helm === undefined) return
      const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', wrong])
      assert.notEqual(status, 0)
      assert.match(text, says)
    })
  }

  test('renders the same twice, and no object as a library', (context) => {
    const helm = need(context, helmTool())
    const all = needed(context, templated())
    if (helm === undefined || !all) return
    for (const file of valueFiles) {
      assert.equal(runHelm(helm, helmArguments(file)).text, runHelm(helm, helmArguments(file)).text)
    }
    assert.deepEqual(all.find(({ name }) => name === 'library')?.objects, [])
  })

  test('has the rules and the dashboards, with their templates untouched', (context) => {
    const all = needed(context, templated())
    const objects = all?.find(({ name }) => name === 'central')?.objects
    if (!objects) return
    const rule = objects.find(({ kind }) => kind === 'PrometheusRule')
    assert.match(JSON.stringify(rule), /\{\{ \$value/)
    for (const { data = {} } of objects.filter(({ kind }) => kind === 'ConfigMap')) {
      for (const text of Object.values(data)) assert.equal(typeof JSON.parse(text), 'object')
    }
  })
})
