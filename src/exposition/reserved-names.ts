import { expositionLimits } from '../limits/exposition.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { Descriptor } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { exposedName, typeName } from './text-names.ts'

type Named = Pick<Descriptor, 'name' | 'unit' | 'kind'>

/**
 * Whether a metric of the application has a Prometheus name of a `gunicorn_*` metric, or of
 * `target_info`. Shown under one name, both would add up in each query.
 */
export function isReserved(descriptor: Named & Pick<Descriptor, 'scope'>): boolean {
  if (descriptor.scope === ownScope || !ourStart.test(descriptor.name)) return false
  return namesOf(descriptor).some((name) => reserved.has(name))
}

/** The log line about a metric with a reserved name. */
export function reservedNameText(name: string): CodedText {
  const left = `the metric ${name} of the application is left out`
  return coded('GPE_METRIC_NAME', `${left}: the exporter has a metric of this name`)
}

/** The log line about a metric whose name on the page another metric has. */
export function nameClashText(name: string): CodedText {
  return coded(
    'GPE_METRIC_NAME',
    `the page leaves out a metric named ${name}: a metric of another type has the same name on ` +
      'the page; rename one of the metrics',
  )
}

/** The log line about families for which the page has no room. */
export function shedText(names: readonly string[]): CodedText {
  const { namedFamilies, pageSamples, pageBytes } = expositionLimits
  const more = names.length - namedFamilies
  return coded(
    'GPE_PAGE_FULL',
    `the page leaves out its largest metrics: ${names.slice(0, namedFamilies).join(', ')}` +
      `${more > 0 ? ` and ${more} more` : ''}; a page has at most ${pageSamples} samples in ` +
      `${pageBytes / 2 ** 20} MiB; give these metrics fewer or shorter labels`,
  )
}

/** The names of a metric's family and samples on the page. */
function namesOf(descriptor: Named): string[] {
  const { family, sample } = exposedName(descriptor)
  const isHistogram = typeName(descriptor) === 'histogram'
  const parts = isHistogram ? ['_bucket', '_count', '_sum'].map((part) => family + part) : []
  return [family, sample, ...parts]
}

/** A quick check: metrics of the application are many. */
const ourStart = /^(?:gunicorn|target)/

const reserved: ReadonlySet<string> = new Set([
  'target_info',
  ...Object.values(catalog)
    .flatMap(namesOf)
    .filter((name) => name.startsWith('gunicorn_')),
])
