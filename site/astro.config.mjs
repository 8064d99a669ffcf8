import { readFileSync } from 'node:fs'
import starlight from '@astrojs/starlight'
import { defineConfig, passthroughImageService } from 'astro/config'
import ranking from './ranking.json' with { type: 'json' }

/* `site/build.ts` writes the input of the generator to `.content`, and sets the base. */
const base = process.env['SITE_BASE'] ?? '/'
const sidebar = JSON.parse(readFileSync(new URL('.content/sidebar.json', import.meta.url), 'utf8'))

export default defineConfig({
  base,
  trailingSlash: 'always',
  outDir: './dist',
  publicDir: './.content/public',
  telemetry: false,
  image: { service: passthroughImageService() },
  devToolbar: { enabled: false },
  integrations: [
    starlight({
      title: 'gunicorn-prometheus-exporter',
      description: 'Prometheus metrics for every worker of a Node.js cluster.',
      customCss: ['./src/styles/site.css'],
      sidebar,
      head: [{ tag: 'script', attrs: { src: `${base}tables.js`, defer: true } }],
      // `site/finish` builds the index, with an entry per setting and metric.
      pagefind: { ranking },
      pagination: true,
      lastUpdated: false,
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
      expressiveCode: {
        themes: ['github-dark-default', 'github-light-default'],
        // No frame of a terminal: half of the blocks are commands. The copy button stays.
        defaultProps: { frame: 'none' },
        styleOverrides: { borderRadius: '0.4rem', frames: { frameBoxShadowCssValue: 'none' } },
      },
    }),
  ],
})
