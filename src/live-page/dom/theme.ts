const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const storageKey = 'gunicorn-prometheus-exporter.colors'

/** The button that switches the colors. @param onChange called when the colors have changed. */
export function connectTheme(button: HTMLButtonElement, onChange: () => void): void {
  let theme = storedTheme()
  const show = (): void => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    button.textContent = `Colors: ${theme}`
    onChange()
  }
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
    storeTheme(theme)
    show()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  show()
}

/** A browser can forbid the storage to a page. */
function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(storageKey)
    return themes.find((each) => each === stored) ?? 'system'
  } catch {
    return 'system'
  }
}

function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(storageKey, theme)
  } catch {
    // The choice holds until the page is closed.
  }
}
