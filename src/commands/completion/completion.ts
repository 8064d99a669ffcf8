import { quoted } from '../../log/redact.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { nearestName } from '../../support/nearest-name.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'
import { print } from '../line/output.ts'
import { refuse } from '../line/refusal.ts'
import { bashScript } from './bash.ts'
import { commandPages } from './command-pages.ts'
import { completionPage, type Shell, shells } from './completion-page.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

const scripts: Readonly<Record<Shell, (pages: readonly CommandPage[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** `gunicorn-prometheus-exporter completion`: loaded on demand, from a bundle of its own. */
export function completion(argv: readonly string[]): void {
  const [given, extra] = argv
  const shell = shells.find((each) => each === given)
  if (argv.some((word) => word === '--help' || word === '-h')) print(helpText(completionPage))
  else if (shell !== undefined && extra === undefined) print(scripts[shell](commandPages))
  else refuse([faultOf(given, extra)], { help: helpText(completionPage) })
}

function faultOf(given: string | undefined, extra: string | undefined): CodedText {
  if (given === undefined) {
    return coded('GPE_OPTION_VALUE', `The shell is missing; allowed is ${shells.join(' or ')}.`)
  }
  if (extra !== undefined) {
    return coded('GPE_OPTION_UNKNOWN', `${quoted(extra)} is one argument too many.`)
  }
  const right = nearestName(given, shells)
  const hint = right ? `did you mean ${right}?` : `allowed is ${shells.join(' or ')}.`
  return coded('GPE_OPTION_VALUE', `${quoted(given)} is not a known shell; ${hint}`)
}
