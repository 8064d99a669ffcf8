import { expositionLimits } from '../limits/exposition.ts'
import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Descriptor, Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { parseAttributePattern } from '../model/page/attribute-pattern.ts'
import { type InParts, whole } from '../model/page/in-parts.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import type { NamedMetric } from './families.ts'
import type { Page } from './page.ts'
import { RenderTools } from './render-tools.ts'
import { ResourceLabels, type WithResource } from './resource-labels.ts'
import { selectFrom } from './selection.ts'
import { Shedding, type SheddingLimits } from './shedding.ts'
import { renderText } from './text.ts'
import type { TextFormat } from './text-format.ts'
import { LabelTexts } from './text-labels.ts'
import { exposedName } from './text-names.ts'

/** Renders the pages of one process. */
export class PageRenderer {
  readonly #options: PageOptions
  readonly #resource: ResourceLabels | undefined
  readonly #shedding: Shedding
  #withResource: WithResource | undefined
  #tools: RenderTools
  /** Without a page for a time, nothing is kept. */
  #idle: NodeJS.Timeout | undefined
  /** The application's descriptors with the prefix. A reader keeps things by descriptor. */
  readonly #prefixed = new WeakMap<Descriptor, Descriptor>()

  /** @param limits default: `expositionLimits`. */
  constructor(options: PageOptions = {}, limits?: SheddingLimits) {
    const pattern = parseAttributePattern(options.withResourceConstantLabels ?? '')
    this.#options = options
    this.#resource = pattern && new ResourceLabels(pattern)
    this.#shedding = new Shedding(limits)
    this.#tools = this.#newTools()
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
    const page = whole(this.#render(wanted, 'prometheus', undefined))
    const text = Buffer.concat(whole(selectFrom(page, new Set([name])))).toString()
    page.release?.()
    return text
  }

  /** The page at the moment of the first part. */
  render(metrics: readonly Metric[], format: TextFormat): InParts<Page> {
    return this.#render(metrics, format, this.#shedding)
  }

  *#render(
    metrics: readonly Metric[],
    format: TextFormat,
    shedding: Shedding | undefined,
  ): InParts<Page> {
    const withResource = this.#resource?.changed(metrics)
    if (withResource) this.#forget(withResource)
    this.#idle ??= setTimeout(() => this.#forget(), expositionLimits.keptMs).unref()
    this.#idle.refresh()
    const { withoutTargetInfo } = this.#options
    const shown = withoutTargetInfo ? metrics.filter((each) => !isTargetInfo(each)) : metrics
    const named = shown.map((metric): NamedMetric => {
      return { metric, descriptor: this.#named(metric.descriptor) }
    })
    return yield* renderText(named, format, { tools: this.#tools, shedding })
  }

  /** Frees what is kept for the next page. A page under way keeps its tools. */
  #forget(withResource: WithResource | undefined = this.#withResource): void {
    this.#withResource = withResource
    this.#tools = this.#newTools()
  }

  #newTools(): RenderTools {
    const { withoutScopeInfo = false } = this.#options
    return new RenderTools(new LabelTexts({ withoutScopeInfo, withResource: this.#withResource }))
  }

  /** The rules and dashboards of this package need the names of its metrics. */
  #named(descriptor: Descriptor): Descriptor {
    const { prefix } = this.#options
    if (prefix === undefined || descriptor.scope === ownScope) return descriptor
    const known = this.#prefixed.get(descriptor)
    if (known) return known
    const prefixed = { ...descriptor, name: `${prefix}_${descriptor.name}` }
    this.#prefixed.set(descriptor, prefixed)
    return prefixed
  }

  #hasSamples(descriptor: Descriptor, name: string): boolean {
    const { family, sample } = exposedName(this.#named(descriptor))
    if (name === family || name === sample) return true
    return name.startsWith(family) && sampleSuffix.test(name.slice(family.length))
  }
}

/** Of histograms. */
const sampleSuffix = /^_(?:bucket|count|sum)$/
