import type { CommandPage } from '../line/command-page.ts'

/** The shells with a script. */
export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** The help of `completion`. */
export const completionPage: CommandPage = {
  name: 'completion',
  text:
    'Prints a script that completes commands, options and values in a shell. Write the script to ' +
    'the folder of the shell, and start a new shell.',
  options: { help: { short: 'h', help: 'print this text' } },
  exitCodes: {
    0: 'the script was printed',
    1: 'the output cannot be written',
    2: 'the shell is missing or unknown',
  },
  tables: [
    {
      title: 'Folders',
      rows: {
        bash: '~/.local/share/bash-completion/completions/gunicorn-prometheus-exporter',
        zsh: '_gunicorn-prometheus-exporter in a folder of $fpath',
        fish: '~/.config/fish/completions/gunicorn-prometheus-exporter.fish',
      },
    },
  ],
}
