import { parsePage } from '../prometheus/page.ts'
import {
  type App,
  endGroup,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startProgram,
} from './app.ts'
import { command } from './master.ts'

export interface ServeOptions {
  /** Arguments after `serve`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface ShownSource {
  readonly instance: string
  readonly service?: string
  readonly state: string
  readonly ageSeconds: number
}

/** The response of `/status` of a sidecar. */
export interface SidecarStatus {
  readonly version: string
  readonly origins: readonly {
    readonly name: string
    readonly connected: boolean
    readonly successes: number
    readonly failures: number
    readonly lastSuccessAt: string | null
    readonly lastError: string | null
    readonly sources: readonly ShownSource[]
  }[]
}

export interface Sidecar extends Omit<App, 'ready'> {
  readonly status: () => Promise<SidecarStatus>
  /** Status and text of a probe. */
  readonly probe: (
    path: '/healthz' | '/readyz',
  ) => Promise<{ readonly status: number; readonly text: string }>
}

/** Starts a sidecar, and waits until it listens. */
export async function startServe({ args = [], env = {} }: ServeOptions): Promise<Sidecar> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = startProgram([nodeUnderTest, command, 'serve', ...args], {
    PROMETHEUS_METRICS_PORT: `${port}`,
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    // A page after an event must include the event.
    PROMETHEUS_PAGE_MAX_AGE: '0',
    ...env,
  })
  const stop = async (): Promise<void> => {
    endGroup(program.child)
    await program.ended
  }
  try {
    await eventually(async () => {
      if (program.child.exitCode === null) await fetchText(`${url}/healthz`)
    })
    if (program.child.exitCode !== null) throw new Error(program.stderr())
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...program,
    metricsUrl: `${url}/metrics`,
    page: async () => parsePage(await fetchText(`${url}/metrics`)),
    status: async () => JSON.parse(await fetchText(`${url}/status`)),
    async probe(path) {
      const response = await fetch(`${url}${path}`)
      return { status: response.status, text: await response.text() }
    },
    stop,
  }
}
