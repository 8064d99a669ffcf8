const links = ['/products', '/products/1', '/products/99', '/search?q=co', '/reports/2026']
const wrong = ['/reviews/1', '/stock/1', '/nowhere']
const faults = [
  ['crash', 'A worker dies of an uncaught error.'],
  ['kill', 'A worker gets SIGKILL.'],
  ['heap', 'The heap of a worker grows until the worker dies.'],
  ['block?seconds=8', 'The event loop of a worker stands still for 8 seconds.'],
  ['block?seconds=60', 'A worker hangs, and the master kills the worker.'],
  ['master/reload', 'The master replaces all workers.'],
  ['master/more', 'The master starts one more worker.'],
  ['master/fewer', 'The master ends one worker.'],
]

/** The start page of the shop: one link for each kind of request. */
export function page({ hasFaults }) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Demo shop</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif }
  body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.6 }
  button { margin-inline-end: .5rem }
</style>
<h1>Demo shop</h1>
<p>Worker process ${process.pid}. Each request below shows on the dashboards.</p>
<h2>Pages</h2>
${list(links.map(link))}
<h2>Pages that fail</h2>
${list(wrong.map(link))}
${hasFaults ? `<h2>Break a worker</h2>\n${list(faults.map(button))}` : ''}
`
}

function list(items) {
  return `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`
}

function link(path) {
  return `<a href="${path}">${path}</a>`
}

function button([path, text]) {
  return `<form method="post" action="/demo/${path}"><button>${path}</button>${text}</form>`
}
