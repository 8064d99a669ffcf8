import { endProcess } from '../line/end-process.ts'
import { print } from '../line/output.ts'
import { refuse } from '../line/refusal.ts'
import { parseDoctor } from './doctor-options.ts'
import { examine } from './examination.ts'
import { targetOf } from './facts/target.ts'
import { jsonReport, summaryOf, textReport } from './report.ts'

/** Exit code where a check has found a problem. */
const foundProblems = 1

/** Runs the command. The process ends when all is written. */
export async function doctor(argv: readonly string[]): Promise<void> {
  const request = parseDoctor(argv)
  if (request.kind === 'print') print(request.text)
  else if (request.kind === 'misuse') refuse(request.faults, { help: request.help })
  else {
    // Nothing else may keep this process alive while a check waits.
    const alive = setInterval(() => {}, request.timeoutMs)
    const findings = await examine(await targetOf(request.target), request.timeoutMs)
    clearInterval(alive)
    const text = request.isJson ? jsonReport(findings) : textReport(findings)
    const code = summaryOf(findings).problem > 0 ? foundProblems : 0
    // A check that was too slow can hold a connection.
    print(text, () => endProcess(code))
  }
}
