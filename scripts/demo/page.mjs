const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** The metrics page as text. */
export async function fetchPage(url, signal) {
  const response = await fetch(url, { signal })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
  return text
}

/** Throws unless the endpoint has the live page for browsers. */
export async function fetchLivePage(url, signal) {
  const response = await fetch(url, { signal, headers: { accept: 'text/html' } })
  const text = await response.text()
  if (!response.ok || !text.startsWith('<!doctype html>')) {
    throw new Error(`${url} answered ${response.status} without the live page.`)
  }
}

/** The page's samples. */
export function parsePage(text) {
  return text.split('\n').flatMap((line) => {
    const match = sample.exec(line)
    if (!match) return []
    const [, name, labels = '', value] = match
    const pairs = Array.from(labels.matchAll(label), ([, key, content]) => [key, content])
    return [{ name, labels: Object.fromEntries(pairs), value: toNumber(value) }]
  })
}

function toNumber(text) {
  return Number(text.replace('Inf', 'Infinity'))
}

/** Sum of a metric's samples that have these labels. */
export function sum(samples, name, labels = {}) {
  return select(samples, name, labels).reduce((total, { value }) => total + value, 0)
}

/** A metric's samples that have these labels. */
export function select(samples, name, labels = {}) {
  const wanted = Object.entries(labels)
  return samples.filter(
    (candidate) =>
      candidate.name === name && wanted.every(([key, value]) => candidate.labels[key] === value),
  )
}
