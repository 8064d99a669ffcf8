import type { ProcessView } from './process-view.ts'

/** Node.js gives each cluster worker this variable. */
export function isClusterWorker({ environment }: ProcessView): boolean {
  return environment?.['NODE_UNIQUE_ID'] !== undefined
}

/** Whether a flag preloads this package: `/register`, or a file of the package. */
export function hasPreload(view: ProcessView): boolean {
  return /gunicorn-prometheus-exporter\/register|[\\/]register(?:-packed)?\.[cm]js/.test(
    flagsOf(view),
  )
}

/** Whether a flag preloads the main entry, and none preloads `/register`. */
export function isMainEntry(view: ProcessView): boolean {
  const flags = flagsOf(view)
  const pattern = /(?:^|\s)(?:-r|--require|--import)[\s=]+"?gunicorn-prometheus-exporter"?(?:\s|$)/
  return pattern.test(flags) && !hasPreload(view)
}

function flagsOf({ command, environment }: ProcessView): string {
  const { NODE_OPTIONS: options = '', pm2_env: pm2 = '' } = environment ?? {}
  // PM2 replaces the command line with a title.
  const ofPm2 = /"node_args":\[[^\]]*\]/.exec(pm2)?.[0] ?? ''
  return [...command, options, ofPm2].join(' ')
}

/** Whether PM2 has started the process, or the process is PM2's daemon. */
export function isOfPm2({ environment, command }: ProcessView): boolean {
  return (
    environment?.['pm_id'] !== undefined ||
    /^PM2 v|[\\/]pm2[\\/].*Daemon\.js/.test(command.join(' '))
  )
}
