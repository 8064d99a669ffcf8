import { isRecord } from '../../../support/guards.ts'
import { CommandFault } from '../command-fault.ts'
import type { ControlData } from '../message.ts'
import type { Command } from './command.ts'

/** What the exporter tells. */
export interface ExporterView {
  /** The document of `/status`. */
  readonly status: string
  /** Null without a live page. */
  readonly routes: readonly unknown[] | null
}

type Ask = () => Promise<ExporterView | undefined>

/** The questions that the exporter's thread answers. gunicorn has none of them. */
export function showExporterCommands(ask: Ask): Command[] {
  const rows: readonly (readonly [string, string, (view: ExporterView) => ControlData])[] = [
    ['routes', 'lists the routes with requests, errors and durations', routesOf],
    ['deaths', 'lists the workers that died, with the reasons', deathsOf],
    ['hang', 'shows the workers whose event loops stand still', hangsOf],
  ]
  return rows.map(([target, help, read]) => ({
    words: ['show', target],
    operands: '',
    help,
    isQuestion: true,
    act: async () => read(await answered(ask)),
  }))
}

async function answered(ask: Ask): Promise<ExporterView> {
  const view = await ask()
  if (view) return view
  throw new CommandFault(
    'the exporter does not answer: it is switched off, or it has crashed',
    'GPE_CONTROL_NO_EXPORTER',
  )
}

function routesOf({ routes }: ExporterView): ControlData {
  if (routes) return { routes, count: routes.length }
  throw new CommandFault(
    'the routes need the live page, which is switched off',
    'GPE_CONTROL_NO_EXPORTER',
  )
}

function deathsOf(view: ExporterView): ControlData {
  const deaths = listIn(statusOf(view), 'deaths')
  return { deaths, count: deaths.length }
}

function hangsOf(view: ExporterView): ControlData {
  const status = statusOf(view)
  const workers = listIn(status, 'workers').flatMap((worker) => {
    if (!isRecord(worker) || !isRecord(worker['hang'])) return []
    return [{ pid: worker['pid'], worker_id: worker['workerId'], ...worker['hang'] }]
  })
  return { master: status['hang'] ?? null, workers, count: workers.length }
}

function statusOf({ status }: ExporterView): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(status)
  return isRecord(document) ? document : {}
}

function listIn(document: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const { [name]: list } = document
  return Array.isArray(list) ? list : []
}
