import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Check, checkOf } from '../../support/deploy/definitions.ts'
import type { KubernetesObject } from '../../support/deploy/objects.ts'
import { operatorSchemas } from '../../support/deploy/programs.ts'
import { allRenderings, type Rendering } from '../../support/deploy/renderings.ts'
import { need, needed, pythonWithKubernetesSchemas } from '../../support/tools.ts'

/** The oldest minor that the chart allows, and the newest three. */
const minors = ['1.25', '1.35', '1.36', '1.37']
const operatorGroup = 'monitoring.coreos.com/v1'

describe('The schemas of Kubernetes', () => {
  test('accept every overlay and every file of values, strictly', (context) => {
    const python = need(context, pythonWithKubernetesSchemas())
    const renderings = needed(context, allRenderings())
    if (python === undefined || !renderings) return
    const objects = renderings.flatMap(({ objects }) => objects).filter((each) => !isOperator(each))
    assert.ok(objects.length > 50)
    const { faults, count } = validated(python, objects)
    assert.deepEqual(faults, [])
    assert.equal(count, objects.length * minors.length)
    context.diagnostic(`${count} validations in ${renderings.length} renderings`)
  })

  test('refuse an unknown field, so the check is strict', (context) => {
    const python = need(context, pythonWithKubernetesSchemas())
    if (python === undefined) return
    const spec = { ports: [{ port: 80 }], no: 1 }
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec }
    const { faults } = validated(python, [service as unknown as KubernetesObject])
    assert.equal(faults.length, minors.length)
  })
})

describe('The schemas of the Prometheus operator', () => {
  test('accept every monitor and rule, and no unknown field', (context) => {
    const renderings = needed(context, allRenderings())
    const checks = operatorChecks(context)
    if (!renderings || !checks) return
    const faults = renderings.flatMap((rendering) => operatorFaults(rendering, checks))
    assert.deepEqual(faults, [])
    const all = renderings.flatMap(({ objects }) => objects).filter(isOperator)
    for (const kind of checks.keys()) assert.ok(all.some((each) => each.kind === kind))
    context.diagnostic(`${all.length} monitors and rules`)
  })

  test('refuse an unknown field of an endpoint', (context) => {
    const checks = operatorChecks(context)
    if (!checks) return
    const podMetricsEndpoints = [{ port: 'metrics', no: 1 }]
    const spec = { selector: {}, podMetricsEndpoints }
    const metadata = { name: 'a' }
    const monitor = { apiVersion: operatorGroup, kind: 'PodMonitor', metadata, spec }
    const objects = [monitor as unknown as KubernetesObject]
    assert.match(operatorFaults({ name: 'a', objects }, checks)[0] ?? '', /additional properties/)
  })
})

function isOperator({ apiVersion }: KubernetesObject): boolean {
  return apiVersion === operatorGroup
}

interface Validation {
  readonly faults: readonly string[]
  readonly count: number
}

function validated(python: string, objects: readonly KubernetesObject[]): Validation {
  const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-objects-'))
  try {
    const file = join(directory, 'objects.json')
    writeFileSync(file, JSON.stringify(objects))
    const script = join(import.meta.dirname, '../../support/deploy/validate.py')
    const { stdout, stderr, status } = spawnSync(python, [script, file, ...minors], {
      encoding: 'utf8',
      timeout: 300_000,
    })
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout) as Validation
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function operatorChecks(context: TestContext): Map<string, Check> | undefined {
  const folder = need(context, operatorSchemas())
  if (folder === undefined) return undefined
  const kinds = ['PodMonitor', 'ServiceMonitor', 'PrometheusRule']
  return new Map(kinds.map((kind) => [kind, definitionOf(folder, kind)]))
}

function definitionOf(folder: string, kind: string): Check {
  return checkOf(join(folder, `monitoring.coreos.com_${kind.toLowerCase()}s.yaml`))
}

function operatorFaults({ name, objects }: Rendering, checks: Map<string, Check>): string[] {
  return objects
    .filter(isOperator)
    .flatMap((object) =>
      (checks.get(object.kind)?.(object) ?? ['unknown kind']).map(
        (fault) => `${name} ${object.kind}: ${fault}`,
      ),
    )
}
