import type { LiveDocument, LiveInstance } from '../../model/live/live-document.ts'
import { ageText, countText, rateText } from '../../model/text/quantity.ts'
import { byId, element, setText } from '../dom/element.ts'
import { nameColumn, numberColumn, textColumn } from './cells.ts'
import { tableSection } from './section.ts'

/** The instances of `serve`, and the choice of one. @param onChoose null: all instances. */
export function instances(
  onChoose: (instance: string | null) => void,
): (document: LiveDocument) => void {
  const choice = connectedChoice(onChoose)
  const { table, note } = tableSection<LiveInstance>('instances', 'Instances', {
    noun: 'instances',
    columns: [
      nameColumn(['instance', 'Instance'], ({ instance }) => instance),
      textColumn(['state', 'State'], ({ state }) => state),
      numberColumn(['rate', 'Req/s'], ({ requestsPerSecond }) => requestsPerSecond, rateText),
      numberColumn(['errors', 'Errors/s'], ({ errorsPerSecond }) => errorsPerSecond, rateText),
      numberColumn(['requests', 'Requests'], ({ requests }) => requests, countText),
      numberColumn(['workers', 'Workers'], ({ workers }) => workers, countText),
      numberColumn(
        ['age', 'Value age', 'Age of the last value'],
        ({ ageSeconds }) => ageSeconds,
        ageText,
      ),
      textColumn(['origin', 'Origin'], ({ origin }) => origin),
    ],
    keyOf: ({ instance, origin }) => JSON.stringify([instance, origin]),
    order: { column: 'instance', direction: 'ascending' },
    searched: ({ instance, state, origin }) => `${instance} ${state} ${origin}`,
    empty: 'No instance shares its metrics.',
  })
  const root = byId('instances', HTMLElement)
  const link = byId('instances-link', HTMLElement)
  setText(note, 'Choose an instance at the top of the page to see only this instance.')
  return (document) => {
    const isSidecar = document.kind === 'sidecar'
    for (const part of [root, link, choice.root]) part.hidden = !isSidecar
    if (!isSidecar) return
    choice.show(document.instances.map(({ instance }) => instance))
    table.update(document.instances)
  }
}

function connectedChoice(onChoose: (instance: string | null) => void): {
  readonly root: HTMLElement
  readonly show: (names: readonly string[]) => void
} {
  const select = byId('instance', HTMLSelectElement)
  select.addEventListener('change', () => onChoose(select.value === '' ? null : select.value))
  let shown = ''
  return {
    root: byId('instance-choice', HTMLElement),
    show(names) {
      const chosen = select.value
      // A chosen instance that ended stays in the list, so that the choice does not jump.
      const all = [...new Set([...names, ...(chosen === '' ? [] : [chosen])])].sort()
      const state = JSON.stringify(all)
      if (state === shown) return
      shown = state
      const options = all.map((name) => element('option', { value: name }, [name]))
      select.replaceChildren(element('option', { value: '' }, ['all']), ...options)
      select.value = chosen
    },
  }
}
