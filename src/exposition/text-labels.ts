import type { Attributes, AttributeValue } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { scopeParts } from '../model/scope.ts'
import { cleanName } from './text-names.ts'

/** The labels of a series on the page. */
export interface Labels {
  /** `a="1",b="2"`, without braces. */
  readonly text: string
  /** Equal for the labels of one Prometheus series: without order and without empty labels. */
  readonly key: string
}

/**
 * Renders the labels of a series once. The aggregator returns the same attributes object at each
 * scrape.
 */
export class LabelTexts {
  /** Bounded by stateLimits.metrics, the bound on metrics and therefore on their scopes. */
  readonly #byScope = new Map<string, WeakMap<Attributes, Labels>>()

  of(attributes: Attributes, scope: string): Labels {
    const texts = this.#textsOf(scope)
    const known = texts.get(attributes)
    if (known !== undefined) return known
    const labels = render(attributes, scope)
    texts.set(attributes, labels)
    return labels
  }

  #textsOf(scope: string): WeakMap<Attributes, Labels> {
    const known = this.#byScope.get(scope)
    if (known) return known
    const texts = new WeakMap<Attributes, Labels>()
    this.#byScope.set(scope, texts)
    return texts
  }
}

function render(attributes: Attributes, scope: string): Labels {
  const labels = new Map<string, string>()
  for (const name of Object.keys(attributes)) labels.set(labelName(name), textOf(attributes[name]))
  if (labels.size < Object.keys(attributes).length) joinTwins(attributes, labels)
  for (const [name, value] of scopeLabels(scope)) labels.set(name, value)
  const texts = Array.from(labels, ([name, value]) => `${name}="${escapeLabel(wellFormed(value))}"`)
  const key = texts.filter((text) => !text.endsWith('=""')).sort()
  return { text: texts.join(','), key: key.join(',') }
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
function labelName(name: string): string {
  const clean = cleanName(name)
  if (clean === 'le') return 'exported_le'
  return /^(?:\d|$)/.test(clean) ? `_${clean}` : clean
}

function scopeLabels(scope: string): [string, string][] {
  if (scope === ownScope) return []
  const { name, version } = scopeParts(scope)
  const label: [string, string] = ['otel_scope_name', name]
  return version ? [label, ['otel_scope_version', version]] : [label]
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
