import type { LiveDocument } from '../../model/live/live-document.ts'
import { countText } from '../../model/text/quantity.ts'
import { describedFields, type Field } from '../data/described-fields.ts'
import { element } from '../dom/element.ts'
import { section } from './section.ts'

/** What the exporter itself does. */
export function exporter(): (document: LiveDocument) => void {
  const { root } = section('exporter', 'Exporter')
  const groups = element('div', { class: 'groups' })
  root.append(groups)
  let shown = ''
  return (document) => {
    const parts = partsOf(document)
    const state = JSON.stringify(parts)
    if (state === shown) return
    shown = state
    groups.replaceChildren(...parts.map(({ title, fields }) => group(title, fields)))
  }
}

interface Part {
  readonly title: string
  readonly fields: readonly Field[]
}

function partsOf({ exporter: facts }: LiveDocument): Part[] {
  const own: Field[] = [
    ['Series on the page', countText(facts.series)],
    ['Open connections', countText(facts.connections)],
  ]
  return [
    { title: 'Page', fields: own },
    { title: 'Scrapes by status', fields: describedFields(facts.scrapes) },
    { title: 'Dropped series by reason', fields: describedFields(facts.droppedSeries) },
    { title: 'Faults', fields: describedFields(facts.faults) },
    { title: 'OTLP push', fields: fieldsOf(facts.push) },
    { title: 'Redis', fields: fieldsOf(facts.redis) },
  ]
}

function fieldsOf(record: Readonly<Record<string, unknown>> | null): readonly Field[] {
  return record === null ? [['Off', '']] : describedFields(record)
}

function group(title: string, fields: readonly Field[]): HTMLElement {
  const items = fields.flatMap(([name, text]) => [
    element('dt', {}, [name]),
    element('dd', {}, [text]),
  ])
  const list =
    fields.length === 0 ? element('p', { class: 'quiet' }, ['None']) : element('dl', {}, items)
  return element('div', {}, [element('h3', {}, [title]), list])
}
