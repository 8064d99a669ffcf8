import { fileURLToPath } from 'node:url'
import type { hangStackLimits } from '../limits/hang-stacks.ts'
import type { Hang } from '../model/hang.ts'
import type { Capture, RawFrame } from './main-thread-stack.ts'
import type { SourcePosition, SourcePositions } from './source-position.ts'

const nativeText = 'native code'
const nativeStack = 'no JavaScript stack: native code'

export interface CapturedHangOptions {
  readonly seconds: number
  /** Directory of this package, whose frames are no code of the application. */
  readonly ownDirectory: string
  readonly frameChars: (typeof hangStackLimits)['frameChars']
  /** Undefined: positions in the scripts that run. */
  readonly positions: SourcePositions | undefined
}

/** The hang of a main thread, with its stack as text. */
export function capturedHang(
  capture: Exclude<Capture, { kind: 'debugger' }>,
  { seconds, ownDirectory, frameChars, positions }: CapturedHangOptions,
): Hang {
  if (capture.kind === 'native') return { seconds, heldBy: nativeText, stack: nativeStack }
  const { frames, more, scripts } = capture
  const places = frames.map((frame) => {
    const script = scripts.get(frame.script) ?? { url: '', mapUrl: '' }
    const { line, column } = frame
    const position = positions?.of(frame, script) ?? { url: script.url, line, column }
    return { path: pathOf(script.url), text: textOf(frame, position) }
  })
  const texts = places.map(({ text }) => text.slice(0, frameChars))
  const rest = more > 0 ? [`... ${more} more`] : []
  const held = places.findIndex(({ path }) => isApplication(path, ownDirectory))
  const other = places.findIndex(({ path }) => !path.startsWith('node:'))
  const heldBy = texts[held] ?? texts[other] ?? texts[0] ?? nativeText
  return { seconds, heldBy, stack: [...texts.map((text) => `at ${text}`), ...rest].join('\n') }
}

function textOf({ name }: RawFrame, { url, line, column }: SourcePosition): string {
  const path = pathOf(url)
  const place = `${path === '' ? '<anonymous>' : path}:${line + 1}:${column + 1}`
  // A name can contain any character. The text is one line in a log.
  return `${name === '' ? '<anonymous>' : name} (${place})`.replace(/\p{Cc}/gu, ' ')
}

function pathOf(url: string): string {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url
  } catch {
    return url
  }
}

/**
 * Packages are other people's code: the line of the application that called them says more.
 * @param path of the script that runs: a source map of a package can name any path.
 */
function isApplication(path: string, ownDirectory: string): boolean {
  if (path === '' || path.startsWith('node:') || path.startsWith(ownDirectory)) return false
  return !/[\\/]node_modules[\\/]/.test(path)
}
