import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{contract,gateway,bench,tools}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // What decides whether a request passes has a test for every branch: `npm run coverage` fails otherwise.
    coverage: {
      include: ['gateway/src/{limit,breaker,balance}/**'],
      reporter: 'text',
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
})
