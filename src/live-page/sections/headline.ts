import type { LiveDocument } from '../../model/live/live-document.ts'
import {
  countText,
  durationText,
  rateText,
  shareText,
  unknownText,
} from '../../model/text/quantity.ts'
import { byId, element, setAttribute, setText } from '../dom/element.ts'

interface Figure {
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly tone?: 'bad' | 'warn'
}

const figures: readonly {
  readonly name: string
  readonly read: (document: LiveDocument) => Figure
}[] = [
  { name: 'Requests', read: requests },
  { name: 'Errors', read: errors },
  { name: 'Latency p50', read: ({ headline }) => latency(headline.p50, 'half are faster') },
  { name: 'Latency p95', read: ({ headline }) => latency(headline.p95, '95 % are faster') },
  { name: 'Latency p99', read: ({ headline }) => latency(headline.p99, '99 % are faster') },
  {
    name: 'In flight',
    read: ({ headline }) => ({ value: countText(headline.inFlight), note: 'open requests' }),
  },
  { name: 'Workers', read: workers },
]

/** The large figures at the top. @returns shows a document. */
export function headline(): (document: LiveDocument) => void {
  const tiles = figures.map(({ name, read }) => {
    const value = element('span')
    const unit = element('span', { class: 'unit' })
    const note = element('p', { class: 'note' })
    const root = element('div', { class: 'tile' }, [
      element('p', { class: 'name' }, [name]),
      element('p', { class: 'value' }, [value, unit]),
      note,
    ])
    return { root, value, unit, note, read }
  })
  byId('headline', HTMLElement).append(...tiles.map(({ root }) => root))
  return (document) => {
    for (const { root, value, unit, note, read } of tiles) {
      const figure = read(document)
      setText(value, figure.value)
      setText(unit, figure.unit === undefined ? '' : ` ${figure.unit}`)
      setText(note, figure.note)
      setAttribute(root, 'data-tone', figure.tone)
    }
  }
}

function requests({ headline, kind }: LiveDocument): Figure {
  const note = kind === 'process' ? 'of this process' : 'of all workers'
  return { value: rateText(headline.requestsPerSecond), unit: 'per s', note }
}

function errors({ headline }: LiveDocument): Figure {
  const { errorsPerSecond, requestsPerSecond } = headline
  const share = shareText(errorsPerSecond, requestsPerSecond)
  const figure = {
    value: rateText(errorsPerSecond),
    unit: 'per s',
    note: share === unknownText ? 'status 5xx, or no response' : `${share} of the requests`,
  }
  return (errorsPerSecond ?? 0) > 0 ? { ...figure, tone: 'warn' } : figure
}

function latency(seconds: number | null, note: string): Figure {
  return { value: durationText(seconds), note }
}

function workers({ headline: { workers: counts } }: LiveDocument): Figure {
  const { live, listening, hanging, stopped, wanted } = counts
  if (hanging > 0) {
    return { value: String(hanging), unit: `of ${live}`, note: '▲ hanging', tone: 'bad' }
  }
  const figure = { value: String(listening), unit: `of ${wanted ?? live}` }
  if (stopped > 0) return { ...figure, note: `listening, ${stopped} stopped`, tone: 'warn' }
  const isShort = listening < (wanted ?? live)
  return isShort ? { ...figure, note: 'listening', tone: 'warn' } : { ...figure, note: 'listening' }
}
