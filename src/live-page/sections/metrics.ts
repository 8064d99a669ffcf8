import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveDocument } from '../../model/live/live-document.ts'
import { countText } from '../../model/text/quantity.ts'
import { element, setAttribute, setText } from '../dom/element.ts'
import { codeBlock } from './cells.ts'
import { section } from './section.ts'

/** A list of the metrics, and the text of the metric that the reader chooses. */
export function metrics(): (document: LiveDocument) => void {
  const { root, note, head } = section('metrics', 'Metrics')
  const label = 'Search metrics'
  const input = element('input', { type: 'search', placeholder: label, 'aria-label': label })
  head.append(element('div', { class: 'filter' }, [input]))
  const list = element('ul', { class: 'names', 'aria-label': 'Metrics' })
  const text = element('div', { 'aria-live': 'off' }, [
    element('p', { class: 'none' }, ['Choose a metric to see its text.']),
  ])
  root.append(element('div', { class: 'browser' }, [list, text]))
  const view: View = { list, note, input, text, names: [], chosen: undefined }
  input.addEventListener('input', () => showNames(view))
  return ({ exporter: { names } }) => {
    if (names.length === 0 || sameNames(names, view.names)) return
    view.names = names
    showNames(view)
  }
}

interface View {
  readonly list: HTMLElement
  readonly note: HTMLElement
  readonly input: HTMLInputElement
  readonly text: HTMLElement
  names: readonly string[]
  chosen: string | undefined
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}

function showNames(view: View): void {
  const searched = view.input.value.trim().toLowerCase()
  const found = view.names.filter((name) => name.toLowerCase().includes(searched))
  const shown = found.slice(0, livePageLimits.names)
  const rest = found.length > shown.length ? ' Search to find the others.' : ''
  setText(view.note, `${countText(shown.length)} of ${countText(view.names.length)} names.${rest}`)
  view.list.replaceChildren(...shown.map((name) => element('li', {}, [nameButton(view, name)])))
}

function nameButton(view: View, name: string): HTMLButtonElement {
  const button = element('button', { type: 'button' }, [name])
  setAttribute(button, 'aria-pressed', String(name === view.chosen))
  button.addEventListener('click', () => {
    view.chosen = name
    for (const each of view.list.querySelectorAll('button')) {
      setAttribute(each, 'aria-pressed', String(each === button))
    }
    void showMetric(view, name)
  })
  return button
}

async function showMetric(view: View, name: string): Promise<void> {
  const body = await textOf(name)
  // The reader may have chosen another metric meanwhile.
  if (view.chosen !== name) return
  const lines = body.trimEnd().split('\n')
  const shown = lines.slice(0, livePageLimits.metricLines)
  const count =
    shown.length < lines.length
      ? `The first ${countText(shown.length)} of ${countText(lines.length)} lines.`
      : `${countText(lines.length)} lines.`
  view.text.replaceChildren(
    codeBlock(shown.join('\n'), `Text of ${name}`),
    element('p', { class: 'quiet' }, [count]),
  )
}

async function textOf(name: string): Promise<string> {
  const query = new URLSearchParams({ name })
  try {
    const signal = AbortSignal.timeout(livePageLimits.answerMs)
    const response = await fetch(`live/metric?${query}`, { signal, cache: 'no-store' })
    if (response.ok) return await response.text()
    return `The endpoint answered with status ${response.status}.`
  } catch {
    return 'The endpoint does not answer.'
  }
}
