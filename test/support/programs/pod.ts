import { spawnSync } from 'node:child_process'
import type { Tool } from '../tools.ts'
import { cleanEnvironment } from './app.ts'

/** The directory of the shared volume, as in the manifest of the Python package. */
export const volume = '/tmp/prometheus_multiproc'

/*
 * A pod has a network and a volume of its own. So programs in a pod use the ports and paths of a
 * manifest as they stand, beside other tests.
 */
const prepare = `mkdir -p ${volume} && mount -t tmpfs tmpfs ${volume} && ip link set lo up`
const command = ['unshare', '--net', '--mount', 'sh', '-c', `${prepare} && exec "$@"`, 'pod']

const inPod = 'TEST_IN_POD'

/** Whether this process runs in a pod. */
export const isInPod: boolean = process.env[inPod] === 'true'

/** Whether this machine allows such namespaces. */
export function pods(): Tool {
  const [name = '', ...args] = command
  const { status } = spawnSync(name, [...args, 'true'], { stdio: 'ignore' })
  if (status === 0) return { path: name }
  return { missing: 'A pod needs Linux, unshare (util-linux), iproute2, and root.' }
}

/** Runs a file of tests in a pod. @returns the output of a failure; undefined for a success. */
export function failureInPod(file: string): string | undefined {
  const [name = '', ...args] = command
  const { status, stdout, stderr } = spawnSync(name, [...args, process.execPath, '--test', file], {
    encoding: 'utf8',
    env: cleanEnvironment({ [inPod]: 'true' }),
    timeout: 300_000,
  })
  return status === 0 ? undefined : `${stdout}${stderr}`
}
