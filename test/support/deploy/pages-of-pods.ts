import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { authorities } from '../endpoint/certificates.ts'
import { eventually } from '../programs/app.ts'
import { faultsOf } from '../prometheus/exposition.ts'
import { parsePage, type Sample, select, sum } from '../prometheus/page.ts'
import { requestTotal } from '../redis/sharing.ts'
import { isolation, type Surroundings } from './container-processes.ts'
import type { PageOptions, Pod } from './pod-processes.ts'

const auth = 'prometheus:of-the-page'
const workersPerPod = 2

/** The password of Redis in the Secret. */
export const passwordOfRedis: string = 'of-redis'

/** How the pages of pods are protected. */
export interface Access {
  readonly page: PageOptions
  readonly secrets: Surroundings['secrets']
}

/** Pages without TLS and a password. */
export const open: Access = { page: {}, secrets: {} }

// Most of the time, a pod waits for the end of its delay.
/** Pages with the Secrets of deploy/kubernetes/README.md. Without openssl, skips the test. */
export function accessOf(context: TestContext, directory: string): Access | undefined {
  const authority = authorities(context, directory)?.('authority')
  if (!authority) return undefined
  const { cert, key } = authority.issue('metrics', 'DNS:metrics')
  const [username = '', password = ''] = auth.split(':')
  return {
    page: { ca: authority.cert, servername: 'metrics' },
    secrets: {
      'metrics-tls': { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert },
      'metrics-credentials': { username, password },
      redis: { password: passwordOfRedis },
    },
  }
}

/** The page has the workers of these pods, each once, with their requests. */
export async function shows(pod: Pod, { page }: Access, of: readonly Pod[]): Promise<void> {
  const counts = of.map(({ answered }) => answered()).sort((one, other) => one - other)
  const options = page.ca === undefined ? page : { ...page, auth }
  await eventually(async () => {
    const { status, text } = await pod.ask('/metrics', options)
    assert.equal(status, 200)
    const samples = parsePage(text)
    assert.deepEqual(countsByInstance(samples), counts)
    assert.equal(select(samples, requestTotal).length, workersPerPod * of.length)
    assert.deepEqual(faultsOf(text, 'prometheus'), [])
  }, 30_000)
}

/** The requests of each application. An own page has no label `instance`. */
function countsByInstance(samples: readonly Sample[]): number[] {
  const requests = select(samples, requestTotal)
  const instances = [...new Set(requests.map(({ labels }) => labels['instance']))]
  return instances
    .map((instance) =>
      sum(
        requests.filter(({ labels }) => labels['instance'] === instance),
        requestTotal,
      ),
    )
    .sort((one, other) => one - other)
}

/** Without TLS, and with another password or none, the page stays closed. */
export async function refusesStrangers(pod: Pod, { page }: Access): Promise<void> {
  assert.equal((await pod.ask('/metrics', page)).status, 401)
  assert.equal((await pod.ask('/metrics', { ...page, auth: 'prometheus:wrong' })).status, 401)
  await assert.rejects(pod.ask('/metrics', { auth }))
}

/** When an application without `SIDECAR_MODE` opens the port of its sidecar (docs/sidecar.md). */
const takeOverSeconds = { SIGTERM: 0, SIGKILL: 10 }

/** @param signal the end of the sidecar. */
export async function staysClosed(pod: Pod, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  for (let seconds = 0; seconds < takeOverSeconds[signal] + 4; seconds++) {
    await pod.burden(2)
    await assert.rejects(pod.ask('/metrics'), { code: 'ECONNREFUSED' })
    await setTimeout(1_000)
  }
}

/**
 * As the kubelet ends pods: within their grace period.
 *
 * @param killed containers that the test has killed.
 */
export async function endWell(pods: readonly Pod[], killed: readonly string[] = []): Promise<void> {
  const ends = await Promise.all(pods.map((pod) => pod.end()))
  for (const { name, code, signal, stderr } of ends.flat()) {
    if (killed.includes(name)) continue
    assert.deepEqual({ name, code, signal }, { name, code: 0, signal: null }, stderr)
    if (isolation()) assert.doesNotMatch(stderr, /WARNING|ERROR/)
  }
}
