import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { parseAttributePattern } from '../model/page/attribute-pattern.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import { ResourceLabels } from './resource-labels.ts'
import { type Page, renderText } from './text.ts'
import type { TextFormat } from './text-format.ts'
import { LabelTexts } from './text-labels.ts'

/** Renders the pages of one process. */
export class PageRenderer {
  readonly #options: PageOptions
  readonly #labels: LabelTexts
  readonly #resource: ResourceLabels | undefined

  constructor(options: PageOptions = {}) {
    const { withResourceConstantLabels, withoutScopeInfo = false } = options
    const pattern = parseAttributePattern(withResourceConstantLabels ?? '')
    this.#options = options
    this.#labels = new LabelTexts({ withoutScopeInfo })
    this.#resource = pattern && new ResourceLabels(pattern)
  }

  render(metrics: readonly Metric[], format: TextFormat): Page {
    const { prefix, withoutTargetInfo } = this.#options
    const labelled = this.#resource?.on(metrics) ?? metrics
    const shown = withoutTargetInfo ? labelled.filter((each) => !isTargetInfo(each)) : labelled
    const named = prefix === undefined ? shown : shown.map((each) => withPrefix(each, prefix))
    return renderText(named, format, this.#labels)
  }
}

/** The rules and dashboards of this package need the names of its metrics. */
function withPrefix(metric: Metric, prefix: string): Metric {
  const { descriptor, points } = metric
  if (descriptor.scope === ownScope) return metric
  return { descriptor: { ...descriptor, name: `${prefix}_${descriptor.name}` }, points }
}
