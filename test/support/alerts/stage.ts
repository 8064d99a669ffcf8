import { type App, type AppOptions, startApp } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { memoryCgroup } from '../programs/memory-cgroup.ts'

export const mebibyte: number = 1_024 ** 2

/** What a provocation gets from the test. */
export interface Stage extends Belongings {
  /** The label `job` of the provocation's targets. */
  readonly job: string
  /** A directory of the test. */
  readonly directory: string
  /**
   * Makes Prometheus scrape a page from now on, and waits until Prometheus knows the job.
   *
   * @param part of the page: all, which is the default, or metrics of the exporter itself.
   */
  readonly scrape: (url: string, part?: 'all' | 'own') => Promise<void>
  /** Removes all targets of the job. */
  readonly forget: () => Promise<void>
  /** Waits until the job has this alert. */
  readonly fires: (alert: string) => Promise<void>
  /** Acts again and again, until the job had all its alerts. Errors of the act do not matter. */
  readonly repeat: (everyMs: number, act: () => Promise<unknown>) => void
}

/** Brings about the causes of some alerts. */
export interface Provocation {
  readonly job: string
  readonly alerts: readonly string[]
  readonly run: (stage: Stage) => Promise<void>
}

interface Options extends Partial<AppOptions> {
  readonly scheme?: string
}

/** Starts the clustered server of the fixtures, or another file, as a target of the job. */
export async function started(
  stage: Stage,
  { scheme = 'http', ...options }: Options = {},
): Promise<{ readonly app: App; readonly port: number }> {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', ...options })
  stage.after(() => app.stop())
  const port = await app.ready()
  await stage.scrape(app.metricsUrl.replace('http', scheme))
  return { app, port }
}

/** A command in a cgroup with a limit. @throws where this user cannot make such a cgroup. */
export function limited(stage: Stage, bytes: number): readonly string[] {
  const cgroup = memoryCgroup(bytes)
  if (!cgroup) throw new Error('this user cannot make a cgroup with a limit')
  stage.after(() => cgroup.remove())
  return cgroup.starter
}

/** A command that leaves the processors to other programs: the application uses all it gets. */
export const modest: readonly string[] = ['nice', '-n', '5']
