import { flag, seconds } from './kind.ts'
import type { SettingTable } from './setting.ts'

const topic = { topic: 'The sidecar (`serve`)' } as const

/** Settings of `serve`. */
export interface SidecarSettings {
  readonly sidecarMode: boolean
  readonly sidecarUpdateIntervalSeconds: number
  readonly sidecarNodeOnly: boolean
}

export const sidecarTable: SettingTable<SidecarSettings> = {
  sidecarMode: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['SIDECAR_MODE'],
    keys: ['sidecar.enabled'],
    help:
      'makes `PROMETHEUS_MULTIPROC_DIR` the shared directory, and `serve` the command without ' +
      'arguments',
  },
  sidecarUpdateIntervalSeconds: {
    ...topic,
    kind: seconds(0.1),
    fallback: 30,
    env: ['SIDECAR_UPDATE_INTERVAL'],
    keys: ['sidecar.update_interval'],
    flag: { name: 'update-interval', value: 'SECONDS' },
    help:
      'seconds between two measurements of the size of the shared directory; its content is ' +
      'read every second, Redis before each scrape',
  },
  sidecarNodeOnly: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['SIDECAR_NODE_ONLY'],
    keys: ['sidecar.node_only'],
    flag: { name: 'node-only' },
    help:
      'shows, of Redis, only the processes of the Kubernetes node that `NODE_NAME` names; for a ' +
      'DaemonSet',
  },
}
