import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{contract,gateway,bench,tools}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
