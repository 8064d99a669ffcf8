import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import type { Placed } from './panels.ts'

/*
 * The frame of a dashboard, and the places of its panels.
 */

export interface Row {
  readonly title: string
  readonly panels: readonly Placed[]
}

export interface Board {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Parameters<dashboard.DashboardBuilder['withVariable']>[0][]
  readonly annotations?: readonly dashboard.AnnotationQueryBuilder[]
  readonly rows: readonly Row[]
}

const tag = 'gunicorn-prometheus-exporter'
const columns = 24

export function boardOf({ uid, title, description, ...parts }: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .editable()
    .variables([...parts.variables])
    .annotations([...(parts.annotations ?? [])])
    .links([toOthers()])
  place(builder, parts.rows)
  return builder.build()
}

/** A list of all dashboards with the tag. They take over the variables and the time. */
function toOthers(): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder('Dashboards')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(false)
    .includeVars(true)
    .keepTime(true)
}

function place(builder: dashboard.DashboardBuilder, rows: readonly Row[]): void {
  let id = 0
  let y = 0
  const next = (): number => {
    id += 1
    return id
  }
  for (const row of rows) {
    const head = new dashboard.RowBuilder(row.title).id(next())
    builder.withRow(head.gridPos({ x: 0, y, w: columns, h: 1 }))
    y = placePanels(builder, row.panels, { y: y + 1, next })
  }
}

interface Start {
  readonly y: number
  readonly next: () => number
}

/** Returns the line below the panels. */
function placePanels(
  builder: dashboard.DashboardBuilder,
  panels: readonly Placed[],
  { y: start, next }: Start,
): number {
  let [x, y, height] = [0, start, 0]
  for (const { panel, ...size } of panels) {
    if (x + size.width > columns) [x, y, height] = [0, y + height, 0]
    const built = panel.build()
    const placed = { ...built, id: next(), gridPos: { x, y, w: size.width, h: size.height } }
    builder.withPanel({ build: () => placed })
    x += size.width
    height = Math.max(height, size.height)
  }
  return y + height
}
