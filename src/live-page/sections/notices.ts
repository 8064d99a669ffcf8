import type { LiveDocument, LiveHeadline, LivePrimary } from '../../model/live/live-document.ts'
import { type Connection, connectionText } from '../connection/connection.ts'
import { byId, element, setAttribute, setText } from '../dom/element.ts'
import { fillHang } from './hang-detail.ts'

export interface Notices {
  readonly showConnection: (connection: Connection) => void
  readonly showDocument: (document: LiveDocument) => void
  readonly showRestart: () => void
}

/** The lines below the header: a silent endpoint, hanging workers, origins, a new exporter. */
export function notices(onRetry: () => void): Notices {
  const silence = notice('bad')
  const hang = notice('bad')
  const block = notice('bad')
  const restart = notice('warn')
  const unread = notice('bad')
  const awaited = notice('warn')
  const link = element('a', { href: '#workers' }, ['See the workers'])
  hang.root.append(link)
  const button = element('button', { type: 'button', class: 'plain' })
  silence.root.append(button)
  byId('notices', HTMLElement).append(
    silence.root,
    unread.root,
    awaited.root,
    block.root,
    hang.root,
    restart.root,
  )
  const pill = byId('connection', HTMLElement)
  let action: string | undefined
  button.addEventListener('click', () => (action === 'reload' ? location.reload() : onRetry()))
  restart.root.append(dismissal(restart))
  return {
    showConnection(connection) {
      const text = connectionText(connection, Date.now())
      action = text.action
      setAttribute(pill, 'data-state', connection.state)
      const words = pill.querySelector('.words')
      if (words) setText(words, text.short)
      silence.show(text.long)
      setText(button, action === 'reload' ? 'Reload' : 'Try now')
      document.body.classList.toggle('stale', text.long !== undefined)
    },
    showDocument({ headline, primary, hidden, ...texts }) {
      unread.show(joined(texts.unread))
      awaited.show(joined(texts.awaited))
      showPrimary(block, primary, hidden)
      hang.show(hangText(headline))
    },
    showRestart() {
      restart.show('The exporter started anew. The plots begin with the new process.')
    },
  }
}

/** The main thread of the primary answers no request, but starts and ends workers. */
function showPrimary(target: Notice, primary: LivePrimary | null, hidden: string | null): void {
  const hang = primary?.hang
  if (!primary || !hang) {
    target.show(undefined)
    target.root.querySelector('.hang')?.remove()
    return
  }
  target.show(`The primary, pid ${primary.pid}, hangs: nobody starts or ends workers.`)
  fillHang(target.root, hang, hidden)
}

function hangText({ workers: { hanging } }: LiveHeadline): string | undefined {
  if (hanging === 0) return undefined
  const subject = hanging === 1 ? '1 worker hangs' : `${hanging} workers hang`
  return `${subject}: the event loop does not turn.`
}

function joined(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : texts.join(' ')
}

interface Notice {
  readonly root: HTMLElement
  readonly show: (text: string | undefined) => void
}

function notice(tone: 'bad' | 'warn'): Notice {
  const words = element('span', { class: 'notice-words' })
  const sign = element('span', { class: 'notice-sign', 'aria-hidden': 'true' }, [
    tone === 'bad' ? '▲' : '↻',
  ])
  const root = element('div', { class: `notice ${tone}`, hidden: '' }, [sign, words])
  return {
    root,
    show(text) {
      root.hidden = text === undefined
      setText(words, text ?? '')
    },
  }
}

function dismissal(target: Notice): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'plain' }, ['Dismiss'])
  button.addEventListener('click', () => target.show(undefined))
  return button
}
