import { z } from 'zod'
import { defineRoute } from './route.ts'

const index = {
  product: 'JAiRouter',
  openapi: '../openapi.json',
  documentation: '../swagger-ui/index.html',
  signIn: 'api/session',
} as const

/** What stands at the beginning of the management API: where to go on. Addresses are relative to its own. */
export const indexRoute = defineRoute({
  method: 'GET',
  path: '/',
  permission: 'public',
  tag: 'Documentation',
  summary: 'Where to go on',
  answers: {
    200: {
      description: 'Relative addresses',
      schema: z.object({ product: z.string(), openapi: z.string(), documentation: z.string(), signIn: z.string() }),
    },
  },
  example: { answer: index },
  handle: () => ({ body: index }),
})
