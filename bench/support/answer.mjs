/**
 * The subject's side of subject.mjs. Every subject answers two questions: `cpu`, microseconds of
 * this process with all threads, and `rss`, bytes.
 *
 * @param {Record<string, (argument: unknown) => unknown>} answers `ready` is asked first, once.
 */
export function answer(answers) {
  const all = {
    cpu,
    usage: () => process.cpuUsage(),
    pid: () => process.pid,
    rss: () => process.memoryUsage.rss(),
    ...answers,
  }
  process.on('message', async ({ id, question, argument }) => {
    try {
      process.send({ id, reply: await all[question](argument) })
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) })
    }
  })
  // A benchmark that was ended leaves no subject.
  process.once('disconnect', () => process.exit())
  // A message can be lost before the process listens.
  process.send({ up: true })
}

function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}
