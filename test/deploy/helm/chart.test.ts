import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { version } from '../../../src/model/version.ts'
import { type KubernetesObject, workloadsIn } from '../../support/deploy/objects.ts'
import { helm as helmTool } from '../../support/deploy/programs.ts'
import {
  chart,
  helmArguments,
  templated,
  templatedParent,
  valueFiles,
} from '../../support/deploy/renderings.ts'
import { need, needed } from '../../support/tools.ts'

function runHelm(helm: string, args: readonly string[]): { status: number | null; text: string } {
  const options = { encoding: 'utf8', timeout: 120_000 } as const
  const { status, stdout, stderr } = spawnSync(helm, args, options)
  return { status, text: `${stdout}${stderr}` }
}

/** Names that YAML reads as something else without quotes. */
const strangeNames = [
  'fullnameOverride=true',
  'nameOverride=null',
  'redis.passwordKey=1',
  'serviceAccountName=4',
  'priorityClassName=5',
  'networkPolicy.prometheusNamespace=6',
  'sidecar.volumeName=7',
  'page.tls.serverName=8',
].flatMap((value) => ['--set-string', value])

const nameLabel = 'app\\.kubernetes\\.io/name'
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
const scraped = 'podAnnotations.prometheus\\.io/scrape=yes'
const withTls = 'page.tls.existingSecret=a'

const namePath = /(labels|annotations|matchLabels)\.[^.]+$|\.(name|key|secretName|\w+Name)$/i

/** The paths of names and labels that are no texts. */
function notTexts(value: unknown, path = ''): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, each]) => notTexts(each, `${path}.${key}`))
  }
  return namePath.test(path) && typeof value !== 'string' ? [path] : []
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
    ['image=null', /missing property 'image'/],
    ['page.tls=null', /missing property 'tls'/],
    ['page.port=0', /port/],
    ['redis.password=secret', /password/],
    ['image.digest=abc', /digest/],
    ['image.digest=sha256:abc', /digest/],
    [`image.digest=${digest.slice(0, -1)}G`, /digest/],
    ['image.tag=sha256:abc', /tag/],
    [`image.tag=1@${digest}`, /tag/],
    [`image.repository=gunicorn@${digest}`, /repository/],
    ['image.repository=gunicorn:1', /repository/],
    ['image.repository=', /repository/],
    ['image.repository=images.example:/a', /repository/],
    ['redis.tryOut.image=redis@sha256:abc', /image/],
    ['redis.tryOut.image=redis:', /image/],
    ['redis.tryOut.image=Redis 8', /image/],
    ['monitoring.interval=fast', /interval/],
    ['monitoring.scrapeTimeout=1m', /longer than monitoring.interval=15s/],
    ['fullnameOverride=1st', /fullnameOverride/],
    ['nameOverride=1st', /nameOverride/],
    ['redis.passwordKey=a b', /passwordKey/],
    ['monitoring.by=annotations,page.auth.existingSecret=a', /Prometheus would get 401/],
    ['redis.tryOut.enabled=true,redis.tls.enabled=true', /has no TLS/],
    ['redis.tryOut.enabled=true,redis.existingSecret=a', /has no password/],
    ['redis.tls.existingSecret=a', /needs redis.tls.enabled=true/],
    ['redis.host=', /redis.host is empty/],
    ['mode=daemonset,podDisruptionBudget.enabled=true', /is for mode=central/],
    [`podLabels.${nameLabel}=a`, /podLabels repeats app.kubernetes.io\/name/],
    [`monitoring.labels.${nameLabel}=a`, /monitoring.labels repeats app.kubernetes.io\/name/],
    [`dashboards.labels.${nameLabel}=a`, /dashboards.labels repeats app.kubernetes.io\/name/],
    [`monitoring.by=annotations,${scraped}`, /podAnnotations has prometheus.io\/scrape/],
    [`monitoring.by=PodMonitor,${scraped}`, /podAnnotations has prometheus.io\/scrape/],
    ['extraEnv[0].name=REDIS_HOST,extraEnv[0].value=a', /extraEnv repeats REDIS_HOST/],
    ['mode=daemonset,extraEnv[0].name=SIDECAR_NODE_ONLY', /extraEnv repeats SIDECAR_NODE_ONLY/],
    ['extraEnv[0].name=A,extraEnv[1].name=A', /extraEnv repeats A/],
    ['extraEnv[0].value=a', /extraEnv.*name/s],
    [`${withTls},extraVolumes[0].name=metrics-tls`, /extraVolumes repeats metrics-tls/],
    [
      `${withTls},extraVolumeMounts[0].name=a,extraVolumeMounts[0].mountPath=/etc/metrics-tls`,
      /extraVolumeMounts repeats \/etc\/metrics-tls/,
    ],
  ] as const) {
    test(`refuses ${wrong}`, (context) => {
      const helm = need(context, helmTool())
      if (helm === undefined) return
      const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', wrong])
      assert.notEqual(status, 0)
      assert.match(text, says)
    })
  }

  for (const [values, image] of [
    ['image.tag=2.0', 'gunicorn-prometheus-exporter:2.0'],
    [`image.digest=${digest}`, `gunicorn-prometheus-exporter@${digest}`],
    [`image.tag=2.0,image.digest=${digest}`, `gunicorn-prometheus-exporter:2.0@${digest}`],
    [
      `image.repository=images.example:5000/team/gpe,image.digest=${digest}`,
      `images.example:5000/team/gpe@${digest}`,
    ],
  ] as const) {
    test(`takes the image ${image}`, (context) => {
      const helm = need(context, helmTool())
      if (helm === undefined) return
      const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', values])
      assert.equal(status, 0, text)
      assert.ok(text.includes(`image: "${image}"\n`), text)
    })
  }

  for (const values of [
    'podLabels=null',
    'monitoring.labels=null',
    'dashboards.labels=null',
    'monitoring.by=PodMonitor,podAnnotations=null',
    'monitoring.by=annotations,podAnnotations=null',
  ]) {
    test(`takes ${values} as no entries`, (context) => {
      const helm = need(context, helmTool())
      if (helm === undefined) return
      const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', values])
      assert.equal(status, 0, text)
    })
  }

  test('takes a digest for the Redis for trying out', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    const image = `images.example/redis:8@${digest}`
    const values = `redis.tryOut.enabled=true,redis.tryOut.image=${image}`
    const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', values])
    assert.equal(status, 0, text)
    assert.ok(text.includes(`image: "${image}"\n`), text)
  })

  test('leaves annotations to the user where it scrapes nothing', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    const { status, text } = runHelm(helm, ['template', 'try', chart, '--set', scraped])
    assert.equal(status, 0, text)
    assert.match(text, /prometheus.io\/scrape: "?yes/)
  })

  test('gives extraEnv to the sidecar in other charts, and no variable twice', (context) => {
    const helm = need(context, helmTool())
    const all = needed(context, templated())
    if (helm === undefined || !all) return
    const secured = all.find(({ name }) => name === 'shop-secured')?.objects ?? []
    const containers = workloadsIn(secured).flatMap(({ spec }) => spec.template.spec.containers)
    const formats = containers.map(({ name, env = [] }) => [
      name,
      env.find((each) => each.name === 'PROMETHEUS_LOG_FORMAT')?.value,
    ])
    assert.deepEqual(Object.fromEntries(formats), { app: undefined, exporter: 'json' })
    const repeated = ['--set', 'gunicorn-prometheus-exporter.extraEnv[0].name=NODE_NAME']
    assert.throws(() => templatedParent(helm, repeated), /extraEnv repeats NODE_NAME/)
  })

  test('refuses a release whose name cannot begin the name of a Service', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    const { status, text } = runHelm(helm, ['template', '123', chart])
    assert.notEqual(status, 0)
    assert.match(text, /set fullnameOverride/)
  })

  test('gives texts where values and releases look like numbers and booleans', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    for (const file of valueFiles) {
      const args = [...helmArguments(file), ...strangeNames].with(1, '123')
      const { status, text } = runHelm(helm, args)
      assert.equal(status, 0, text)
      for (const document of parseAllDocuments(text)) {
        assert.deepEqual(notTexts(document.toJS()), [], file)
      }
    }
  })

  test('gives each object another name, also with nameOverride=redis', (context) => {
    const helm = need(context, helmTool())
    if (helm === undefined) return
    const long = 'a'.repeat(63)
    for (const names of ['nameOverride=redis', `fullnameOverride=${long}`]) {
      const args = ['--set', `redis.tryOut.enabled=true,${names}`]
      const { status, text } = runHelm(helm, ['template', 'try', chart, ...args])
      assert.equal(status, 0, text)
      const objects = parseAllDocuments(text).map((each) => each.toJS() as KubernetesObject)
      const all = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      assert.deepEqual(
        all.filter((name, index) => all.indexOf(name) !== index),
        [],
      )
    }
  })

  test('names in its notes every variable of Redis that the exporter has', (context) => {
    const helm = need(context, helmTool())
    const all = needed(context, templated())
    if (helm === undefined || !all) return
    for (const file of valueFiles.filter((each) => each !== 'library.yaml')) {
      const [, ...args] = helmArguments(file)
      const { status, text } = runHelm(helm, ['install', ...args, '--dry-run=client'])
      assert.equal(status, 0, text)
      const [, notes = ''] = text.split('NOTES:')
      const objects: readonly KubernetesObject[] =
        all.find(({ name }) => `${name}.yaml` === file)?.objects ?? []
      const names: readonly string[] = workloadsIn(objects)
        .flatMap(({ spec }) => spec.template.spec.containers)
        .flatMap(({ env = [] }) => env.map(({ name }) => name))
        .filter((name) => name.startsWith('REDIS_') || name === 'NODE_NAME')
      assert.ok(names.length > 3)
      assert.deepEqual(
        names.filter((name) => !new RegExp(`^  ${name}\\b`, 'm').test(notes)),
        [],
        file,
      )
    }
  })

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
