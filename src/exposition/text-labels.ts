import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Attributes, AttributeValue, Descriptor } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { scopeParts } from '../model/scope.ts'
import type { WithResource } from './resource-labels.ts'
import type { LabelBytes } from './samples/sample-writer.ts'
import { cleanName } from './text-names.ts'

/** The labels of a series on the page: `a="1",b="2"`, without braces. */
export interface Labels extends LabelBytes {
  /** Equal for the labels of one Prometheus series: without order and without empty labels. */
  readonly key: string
}

interface RenderedLabels {
  readonly text: string
  readonly key: string
}

export interface LabelOptions {
  /** Leaves out the labels of scopes. Default: false. */
  readonly withoutScopeInfo?: boolean
  /** Adds attributes of the resource to those of a series. Default: adds none. */
  readonly withResource?: WithResource | undefined
}

type Scope = Pick<Descriptor, 'name' | 'scope' | 'schemaUrl'>

/**
 * Renders the labels of a series once. The aggregator returns the same attributes object at each
 * scrape.
 */
export class LabelTexts {
  readonly #options: LabelOptions
  /**
   * By scope, and then by schema URL. Bounded by stateLimits.metrics, the bound on metrics and
   * therefore on their scopes.
   */
  readonly #byScope = new Map<string, Map<string, ScopeLabelTexts>>()
  readonly #target = new ScopeLabelTexts([])

  constructor(options: LabelOptions = {}) {
    this.#options = options
  }

  /** The labels of all series of a metric. */
  in(descriptor: Scope): ScopeLabelTexts {
    // The attributes of target_info are those of the resource.
    if (isTargetInfo({ descriptor })) return this.#target
    const { scope, schemaUrl = '' } = descriptor
    const ofScope = this.#byScope.get(scope) ?? new Map<string, ScopeLabelTexts>()
    this.#byScope.set(scope, ofScope)
    const known = ofScope.get(schemaUrl)
    if (known) return known
    const { withoutScopeInfo = false, withResource } = this.#options
    const labels = withoutScopeInfo ? [] : scopeLabels({ scope, schemaUrl })
    const texts = new ScopeLabelTexts(labels, withResource)
    ofScope.set(schemaUrl, texts)
    return texts
  }
}

export class ScopeLabelTexts {
  readonly #scope: readonly (readonly [name: string, value: string])[]
  readonly #withResource: WithResource
  readonly #texts = new WeakMap<Attributes, Labels>()

  constructor(
    scope: readonly (readonly [name: string, value: string])[],
    withResource: WithResource = (attributes) => attributes,
  ) {
    this.#scope = scope
    this.#withResource = withResource
  }

  of(attributes: Attributes): Labels {
    const known = this.#texts.get(attributes)
    if (known !== undefined) return known
    const { text, key } = this.render(attributes)
    const bytes = Buffer.from(text)
    const labels = { bytes, from: 0, to: bytes.length, key }
    this.#texts.set(attributes, labels)
    return labels
  }

  /** Keeps nothing. */
  render(series: Attributes): RenderedLabels {
    const attributes = this.#withResource(series)
    const labels = new Map<string, string>()
    const names = Object.keys(attributes)
    for (const name of names) labels.set(labelName(name), textOf(attributes[name]))
    if (labels.size < names.length) joinTwins(attributes, labels)
    for (const [name, value] of this.#scope) labels.set(name, value)
    const texts = Array.from(
      labels,
      ([name, value]) => `${name}="${escapeLabel(wellFormed(value))}"`,
    )
    const key = texts.filter((text) => !text.endsWith('=""')).sort()
    return { text: texts.join(','), key: key.join(',') }
  }
}

/**
 * Joins attributes whose cleaned names are equal. A duplicate label would fail the whole scrape.
 * As OTel specifies, `;` joins the values in the order of the attributes' names.
 */
function joinTwins(attributes: Attributes, labels: Map<string, string>): void {
  labels.clear()
  for (const name of Object.keys(attributes).sort()) {
    const label = labelName(name)
    const value = textOf(attributes[name])
    const twin = labels.get(label)
    labels.set(label, twin === undefined ? value : `${twin};${value}`)
  }
}

/** Only histogram buckets may have the label `le`. */
export function labelName(name: string): string {
  const clean = cleanName(name)
  if (clean === 'le') return 'exported_le'
  return /^(?:\d|$)/.test(clean) ? `_${clean}` : clean
}

/** An SDK for JavaScript gives scopes no attributes, so no label has one. */
function scopeLabels({ scope, schemaUrl }: Omit<Scope, 'name'>): [string, string][] {
  if (scope === ownScope) return []
  const { name, version } = scopeParts(scope)
  const labels: [string, string | undefined][] = [
    ['otel_scope_version', version],
    ['otel_scope_schema_url', schemaUrl],
  ]
  const given = labels.flatMap(([label, value]): [string, string][] =>
    value ? [[label, value]] : [],
  )
  return [['otel_scope_name', name], ...given]
}

function textOf(value: AttributeValue | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * A half of a surrogate pair becomes U+FFFD, as in UTF-8. Two series would otherwise differ here,
 * and be the same for the scraper.
 */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

function escapeLabel(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
    : value
}
