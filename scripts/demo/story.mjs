import { styleText } from 'node:util'
import { renderTable } from './table.mjs'

/** All the words of the demo. */

const isColourful = Boolean(process.stdout.isTTY && process.stdout.hasColors())
const style = (format, text) => (isColourful ? styleText(format, text) : text)
const bold = (text) => style('bold', text)
const dim = (text) => style('dim', text)
const good = (text) => style('green', text)

export const ended = '\nEnded: the application, its workers and the endpoint.\n'

export function opening({ workers }) {
  return `
${bold('gunicorn-prometheus-exporter')}: Prometheus metrics for every worker of a Node.js cluster

${dim('$')} export GUNICORN_HANG_STACKS=2
${dim('$')} node --require gunicorn-prometheus-exporter/register scripts/demo/cluster.mjs

Starting ${workers} workers and sending them a burst of requests. This takes a few seconds.
`
}

export function report({ text, counted, sent }) {
  const { requests, failed } = counted.total
  const agrees = requests === sent.requests && failed === sent.failed
  const mark = agrees ? good('✔') : '≠'
  return `
${renderTable(counted, { bold, dim })}

${mark} sent ${sent.requests}, counted ${requests}; meant to fail ${sent.failed}, counted ${failed}

${bold('Some lines of the page')}

${indent(excerpt(text))}
`
}

export function livePage({ liveUrl }) {
  return `
${bold('The live page')}

  ${liveUrl}
`
}

export function suggestions({ url, metricsUrl }, [first, second]) {
  return `
${bold('Other addresses')}

  application   ${url}
  metrics       ${metricsUrl}
  status        ${new URL('/status', metricsUrl)}

${bold('Try in another terminal')}

  curl -s ${metricsUrl} | grep requests_total
  kill -9 ${first.pid}      ${dim('a worker dies: another replaces it, and its counts stay')}
  kill -STOP ${second.pid}   ${dim('a worker stops: the page still answers, and shows the state')}
  kill -CONT ${second.pid}   ${dim('the worker goes on')}

The demo runs until Ctrl-C, and sends requests. In the next minute, a worker hangs, a worker dies,
and all workers are replaced. Watch the live page. Starts, ends and hangs appear here, too.

`
}

export const hangBegins = `
${bold('A hang.')} A request blocks the event loop of one worker for 12 seconds. The live page shows
the worker in red, with a stack that names the function block.

`

export function deathBegins(worker) {
  const command = worker ? `kill -9 ${worker.pid}` : 'no worker is left'
  return `
${bold('A death.')} ${command}: the primary forks another worker, and the counts stay.

`
}

export const reloadBegins = `
${bold('A reload.')} SIGHUP: the primary replaces one worker after another.

`

export const scenesEnded = `
These were a hang, a death and a reload. The demo goes on until Ctrl-C.

`

export function workerStarted({ id, pid }) {
  return `  ${id} runs, pid ${pid}\n`
}

export function workerHangs({ id, reportAge }) {
  return `  ${id} hangs: no report for ${reportAge.toFixed(0)} seconds\n`
}

export function workerEnded({ id, endedBy, requests }, total) {
  const count = `its ${requests} requests still count, ${total.requests} in all`
  return `  ${id} ended by ${endedBy}; ${count}\n`
}

export function failure(error) {
  return `\n${error.message}\n`
}

/** HELP, TYPE and the lines of one worker for two metrics, and the labels of one failure. */
function excerpt(text) {
  const lines = text.split('\n')
  const family = (name) =>
    lines.filter((line) => line.includes(`${name}{`) || line.includes(` ${name} `))
  return [
    ...family('gunicorn_worker_requests_total'),
    ...family('gunicorn_worker_failed_requests_total').slice(0, 4),
  ]
}

function indent(lines) {
  return lines.map((line) => `  ${line}`).join('\n')
}
