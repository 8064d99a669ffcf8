import { controlLimits } from '../../../limits/tools/control.ts'
import { nearestName } from '../../../support/nearest-name.ts'
import { CommandFault } from '../command-fault.ts'
import type { ControlData } from '../message.ts'
import { type Command, nameOf } from './command.ts'

/** A command that a client has given. */
export interface GivenCommand {
  readonly command: Command
  readonly operands: readonly string[]
}

/** The commands of a control socket by their words. */
export class CommandList {
  readonly #commands: readonly Command[]

  constructor(commands: readonly Command[]) {
    this.#commands = [...commands, ...this.#helpCommands()]
  }

  /** @throws CommandFault for unknown words, with the allowed commands. */
  find(words: readonly string[]): GivenCommand {
    const lower = words.map((word) => word.toLowerCase())
    const command = this.#commands.find((each) =>
      each.words.every((word, index) => word === lower[index]),
    )
    if (!command) throw new CommandFault(this.#unknownText(lower))
    return { command, operands: words.slice(command.words.length) }
  }

  /** `help` is gunicorn's name, and `show help` stands beside the other questions. */
  #helpCommands(): Command[] {
    const act = (): ControlData => this.#help()
    return [['help'], ['show', 'help']].map((words) => {
      return { words, operands: '', help: 'lists the commands', isQuestion: true, act }
    })
  }

  #help(): ControlData {
    const entries = this.#commands.map((each) => [
      [nameOf(each), each.operands].filter(Boolean).join(' '),
      each.help,
    ])
    return { commands: Object.fromEntries(entries) }
  }

  #unknownText(words: readonly string[]): string {
    const [first = ''] = words
    if (first === '') return `the command is empty; allowed are ${this.#names()}`
    const group = this.#commands.filter((each) => each.words[0] === first)
    const given = words.slice(0, group.length > 0 ? 2 : 1).join(' ')
    const shown = JSON.stringify(given.slice(0, controlLimits.shownChars))
    const right = nearestName(words.slice(0, 2).join(' '), this.#commands.map(nameOf))
    const hint = right ? `did you mean ${right}? Allowed` : 'allowed'
    return `${shown} is not a command; ${hint} are ${this.#names(group)}`
  }

  #names(of: readonly Command[] = []): string {
    return (of.length > 0 ? of : this.#commands).map(nameOf).join(', ')
  }
}
