import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Descriptor, Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { parseAttributePattern } from '../model/page/attribute-pattern.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import { ResourceLabels } from './resource-labels.ts'
import { selectFrom } from './selection.ts'
import { type Page, renderText } from './text.ts'
import type { TextFormat } from './text-format.ts'
import { LabelTexts } from './text-labels.ts'
import { exposedName } from './text-names.ts'

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

  /** The name of the metric's samples; of a histogram, the name of the family. */
  nameOf(descriptor: Descriptor): string {
    return exposedName(this.#named(descriptor)).sample
  }

  /** The lines of one family or sample; empty for a name that is not on the page. */
  lines(metrics: readonly Metric[], name: string): string {
    const wanted = metrics.filter(
      (each) => isTargetInfo(each) || this.#hasSamples(each.descriptor, name),
    )
    return selectFrom(this.render(wanted, 'prometheus'), new Set([name]))
  }

  render(metrics: readonly Metric[], format: TextFormat): Page {
    const { prefix, withoutTargetInfo } = this.#options
    const labelled = this.#resource?.on(metrics) ?? metrics
    const shown = withoutTargetInfo ? labelled.filter((each) => !isTargetInfo(each)) : labelled
    const named =
      prefix === undefined
        ? shown
        : shown.map((each) => ({ ...each, descriptor: this.#named(each.descriptor) }))
    return renderText(named, format, this.#labels)
  }

  /** The rules and dashboards of this package need the names of its metrics. */
  #named(descriptor: Descriptor): Descriptor {
    const { prefix } = this.#options
    if (prefix === undefined || descriptor.scope === ownScope) return descriptor
    return { ...descriptor, name: `${prefix}_${descriptor.name}` }
  }

  #hasSamples(descriptor: Descriptor, name: string): boolean {
    const { family, sample } = exposedName(this.#named(descriptor))
    if (name === family || name === sample) return true
    return name.startsWith(family) && sampleSuffix.test(name.slice(family.length))
  }
}

/** Of histograms. */
const sampleSuffix = /^_(?:bucket|count|sum)$/
