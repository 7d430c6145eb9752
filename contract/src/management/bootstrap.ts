import { z } from 'zod'

/** What a console must know before anybody has signed in, and all that strangers are told. */
export const bootstrapSchema = z.object({
  product: z.literal('JAiRouter'),
  version: z.string(),
  /** `setup`: there is no admin yet · `signin` · `in`: this request is somebody's. */
  state: z.enum(['setup', 'signin', 'in']),
  methods: z.array(z.enum(['password', 'oidc'])),
  /** `JAIROUTER_ENV`. */
  environment: z.string().optional(),
  demo: z.boolean(),
})
export type Bootstrap = z.output<typeof bootstrapSchema>

export const BOOTSTRAP_EXAMPLE = {
  product: 'JAiRouter',
  version: '0.1.0',
  state: 'signin',
  methods: ['password', 'oidc'],
  environment: 'prod',
  demo: false,
} as const satisfies Bootstrap
