import { defineConfig } from 'vitest/config'

const limits = { testTimeout: 20_000, hookTimeout: 20_000 } as const

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than Vitest would take of itself: many tests wait for sockets, disks and processes.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...limits,
          name: 'units',
          include: ['{contract,gateway/src,bench,tools}/**/*.test.ts'],
          // Most decide and keep nothing; a process for each file would take longer to start than they take.
          isolate: false,
        },
      },
      { test: { ...limits, name: 'gateway', include: ['gateway/test/**/*.test.ts'] } },
    ],
    // What decides whether a request passes has a test for every branch: `npm run coverage` fails otherwise.
    coverage: {
      include: ['gateway/src/{limit,breaker,balance}/**'],
      reporter: 'text',
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
})
