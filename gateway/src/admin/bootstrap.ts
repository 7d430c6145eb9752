import { BOOTSTRAP_EXAMPLE, bootstrapSchema, type Bootstrap } from '@jairouter/contract/management/bootstrap'
import type { AccountParts } from './account-parts.ts'
import { createAdminAuthenticator } from './authenticate-admin.ts'
import { AdminProblem, defineRoute, type AdminRequest, type AnyRoute } from './route.ts'

export function bootstrapRoutes({ accounts, admin, product }: AccountParts): readonly AnyRoute[] {
  const authenticate = createAdminAuthenticator({ accounts, publicUrl: () => admin().publicUrl })

  async function stateFor({ headers, secure = false }: AdminRequest): Promise<Bootstrap['state']> {
    if (await accounts.setup.isNeeded()) return 'setup'
    try {
      await authenticate({ method: 'GET', headers, secure })
      return 'in'
    } catch (error) {
      if (error instanceof AdminProblem) return 'signin'
      throw error
    }
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/bootstrap',
      permission: 'public',
      tag: 'setup',
      summary: 'What a console must know first',
      description: 'And all that strangers are told.',
      answers: { 200: { description: 'Where it stands', schema: bootstrapSchema } },
      example: { answer: BOOTSTRAP_EXAMPLE },
      async handle(request) {
        const { version, environment, demo } = product
        const body: Bootstrap = {
          product: 'JAiRouter',
          version,
          state: await stateFor(request),
          methods: accounts.settings().oidc.size > 0 ? ['password', 'oidc'] : ['password'],
          ...(environment === undefined ? {} : { environment }),
          demo,
        }
        return { body, headers: { 'cache-control': 'no-store' } }
      },
    }),
  ]
}
