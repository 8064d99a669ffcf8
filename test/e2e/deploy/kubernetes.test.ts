import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { isolation } from '../../support/deploy/container-processes.ts'
import { type Template, workloadsIn } from '../../support/deploy/objects.ts'
import {
  type Access,
  accessOf,
  endWell,
  open,
  passwordOfRedis,
  refusesStrangers,
  shows,
  staysClosed,
} from '../../support/deploy/pages-of-pods.ts'
import { type Pod, startPod } from '../../support/deploy/pod-processes.ts'
import { type Rendering, rendered, templated } from '../../support/deploy/renderings.ts'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { type RedisServer, sharing, startRedis } from '../../support/redis/redis.ts'
import { needed } from '../../support/tools.ts'

/*
 * The containers of rendered pods as processes: their arguments, variables, volumes, Secrets and
 * user, on a read-only root. The application is the demo. The probes are the kubelet's.
 */

const directory = scratchDirectory()
const fresh = { PROMETHEUS_PAGE_MAX_AGE: '0' }
const exporterName = 'gunicorn-prometheus-exporter'

describe('The pods of the overlays and the chart, as processes:', { concurrency: 3 }, () => {
  for (const [overlay, probes] of [
    ['application', 3],
    ['sidecar', 4],
  ] as const) {
    test(`each page of ${overlay} shows its own pod`, async (context) => {
      const template = templateOf(needed(context, rendered()), overlay, 'app')
      if (!template) return
      context.diagnostic(isolation() ? 'user 65532, read-only root' : 'the user of the test')
      const pods = [await started(context, template, open), await started(context, template, open)]
      await burdenAll(pods, probes)
      await Promise.all(pods.map((pod) => shows(pod, open, [pod])))
      await endWell(pods)
    })
  }

  for (const [overlay, signal] of [
    ['application-tls', undefined],
    ['sidecar-tls', 'SIGTERM'],
    ['sidecar-tls', 'SIGKILL'],
  ] as const) {
    const after = signal === undefined ? '' : `, also after ${signal} of the sidecar`
    test(`the page of ${overlay} needs TLS and the password${after}`, async (context) => {
      const template = templateOf(needed(context, rendered()), overlay, 'app')
      const access = accessOf(context, directory)
      if (!template || !access) return
      const pod = await started(context, template, access)
      await pod.ready(access.page)
      await pod.burden(10)
      await refusesStrangers(pod, access)
      await shows(pod, access, [pod])
      if (signal !== undefined) {
        await pod.endContainer('exporter', signal)
        await staysClosed(pod, signal)
      }
      await endWell([pod], signal === 'SIGKILL' ? ['exporter'] : [])
    })
  }

  test('a DaemonSet shows its node, and a central exporter shows all', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    await sharesByRedis(
      { context, redis, access: open },
      {
        overlays: ['daemonset', 'central'],
        values: ['daemonset', 'central'],
      },
    )
  })

  test('with TLS and passwords, they show the same', async (context) => {
    const access = accessOf(context, directory)
    const protection = ['--requirepass', passwordOfRedis]
    const redis = await startRedis(context, {
      flags: protection,
      client: { password: passwordOfRedis },
    })
    if (!redis || !access) return
    await sharesByRedis(
      { context, redis, access },
      {
        overlays: ['daemonset-tls', 'central-tls'],
        values: ['daemonset-secured'],
      },
    )
  })
})

interface Cluster {
  readonly context: TestContext
  readonly redis: RedisServer
  readonly access: Access
}

interface Names {
  readonly overlays: readonly string[]
  readonly values: readonly string[]
}

interface Shown {
  readonly exporter: Pod
  readonly apps: readonly Pod[]
}

const nodes = ['node-1', 'node-2']

/** Applications on two nodes, and every exporter: one per node, or one for all. */
async function sharesByRedis(cluster: Cluster, { overlays, values }: Names): Promise<void> {
  const kustomized = needed(cluster.context, rendered())
  const charts = needed(cluster.context, templated())
  if (!kustomized || !charts) return
  const [application] = overlays.map((name) => templateOf(kustomized, name, 'app'))
  assert.ok(application)
  const apps = await onNodes(cluster, application, nodes)
  const exporters = [
    ...overlays.map((name) => workloadOf(kustomized, name, exporterName)),
    ...values.map((name) => workloadOf(charts, name, `try-${exporterName}`)),
  ]
  const shown: Shown[] = []
  for (const { kind, spec } of exporters) {
    const isPerNode = kind === 'DaemonSet'
    const pods = await onNodes(cluster, spec.template, isPerNode ? nodes : nodes.slice(0, 1))
    shown.push(
      ...pods.map((exporter, index) => ({
        exporter,
        apps: isPerNode ? apps.slice(index, index + 1) : apps,
      })),
    )
  }
  await burdenAll(apps, 3)
  await showAll(cluster, shown)
  await endWell([...apps, ...shown.map(({ exporter }) => exporter)])
}

async function onNodes(
  { context, redis, access: { secrets } }: Cluster,
  template: Template,
  names: readonly string[],
): Promise<Pod[]> {
  const env = { ...fresh, ...sharing(redis.port), REDIS_HOST: '127.0.0.1' }
  return await Promise.all(names.map((node) => startPod(context, template, { node, secrets, env })))
}

async function burdenAll(pods: readonly Pod[], probes: number): Promise<void> {
  for (const [index, pod] of pods.entries()) {
    assert.equal(await pod.ready(), probes)
    await pod.burden(30 + 20 * index)
  }
}

async function showAll({ context, access }: Cluster, all: readonly Shown[]): Promise<void> {
  for (const { exporter, apps } of all) {
    assert.equal(await exporter.ready(access.page), 2)
    if (access !== open) await refusesStrangers(exporter, access)
    await shows(exporter, access, apps)
  }
  context.diagnostic(`${all.length} exporters`)
}

function workloadOf(
  renderings: readonly Rendering[],
  rendering: string,
  name: string,
): ReturnType<typeof workloadsIn>[number] {
  const objects = renderings.find((each) => each.name === rendering)?.objects ?? []
  const found = workloadsIn(objects).find(({ metadata }) => metadata.name === name)
  assert.ok(found, `${rendering} has no ${name}`)
  return found
}

function templateOf(
  renderings: readonly Rendering[] | undefined,
  rendering: string,
  name: string,
): Template | undefined {
  return renderings && workloadOf(renderings, rendering, name).spec.template
}

/** A pod on the first node, without Redis. */
async function started(
  context: TestContext,
  template: Template,
  { secrets }: Access,
): Promise<Pod> {
  return await startPod(context, template, { node: 'node-1', secrets, env: fresh })
}
