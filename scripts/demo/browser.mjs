import { spawn } from 'node:child_process'

const commands = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''], linux: ['xdg-open'] }

/** Opens the address in the browser of the desktop. Nothing happens without a desktop. */
export function openBrowser(url) {
  const [command, ...args] = commands[process.platform] ?? commands.linux
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
