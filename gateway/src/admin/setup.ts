import { setupSchema, TOKENS_EXAMPLE, tokensSchema } from '@jairouter/contract/management/session'
import { callerOf, type AccountParts } from './account-parts.ts'
import { requireOwnPage } from './own-page.ts'
import { defineRoute, type AnyRoute } from './route.ts'
import { tokensAnswer } from './tokens-answer.ts'

export function setupRoutes({ accounts, admin }: AccountParts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/setup',
      permission: 'public',
      tag: 'setup',
      summary: 'Make the first admin',
      description:
        'With the token of the link that the gateway prints when it starts and has no admin. It is good once, and signs the new admin in.',
      body: setupSchema,
      answers: { 201: { description: 'Made, and signed in', schema: tokensSchema } },
      example: { request: { token: 'TOKEN-OF-THE-LINK', name: 'ada', password: 'correct horse battery' }, answer: TOKENS_EXAMPLE },
      async handle(request) {
        const { token, name, password, cookie } = request.body
        if (cookie) requireOwnPage(request.headers, admin().publicUrl)
        const caller = callerOf(request)
        const user = await accounts.setup.finish(token, { name, password }, caller)
        const started = await accounts.sessions.start(user, caller, { proven: true })
        return tokensAnswer(accounts, started, { cookie, secure: request.secure === true, status: 201 })
      },
    }),
  ]
}
