import { z } from 'zod'
import { LIMIT_COUNTS, LIMIT_SCOPES, SERVICES } from '../names.ts'
import { EFFECT_NOTES } from './reasons.ts'

const routeName = z.object({ service: z.enum(SERVICES), model: z.string() })
const limitSettings = z.record(z.string(), z.unknown())

/** What a change of the config does to who asks, to limits, and to what is in flight. */
export const effectSchema = z.object({
  routes: z.object({
    added: z.array(routeName),
    removed: z.array(routeName),
    /** `policy`: names of the settings that are otherwise. */
    changed: z.array(
      routeName.extend({
        instancesAdded: z.array(z.string()),
        instancesRemoved: z.array(z.string()),
        /** In weight or priority. */
        instancesChanged: z.array(z.string()),
        policy: z.array(z.string()),
        /** Of the model's experiment: those that come or go, or have another share or other instances. */
        groups: z.array(z.string()),
      }),
    ),
  }),
  /** Models, by the key's name; `status`: the key itself comes, goes, or is switched on or off. */
  keys: z.array(
    z.object({
      name: z.string(),
      loses: z.array(z.string()),
      gains: z.array(z.string()),
      status: z.enum(['added', 'removed', 'enabled', 'disabled']).optional(),
    }),
  ),
  /** `used`: the largest share of it that anybody has used now, from 0 to 1; null where that is not known. */
  limits: z.array(
    z.object({
      place: z.string(),
      scope: z.enum(LIMIT_SCOPES),
      count: z.enum(LIMIT_COUNTS),
      was: limitSettings.nullable(),
      is: limitSettings.nullable(),
      used: z.number().nullable(),
    }),
  ),
  /** Instances that no new request will go to, and how many they still answer. */
  inFlight: z.array(z.object({ instance: z.string(), n: z.int() })),
  notes: z.array(
    z.object({
      code: z.enum(Object.keys(EFFECT_NOTES) as [keyof typeof EFFECT_NOTES, ...(keyof typeof EFFECT_NOTES)[]]),
      subject: z.string().optional(),
    }),
  ),
})
export type Effect = z.output<typeof effectSchema>

const ids = z.array(z.string())

/** What would have become of the last requests under the changed config: by plan alone, nothing is asked. */
export const replaySchema = z.object({
  n: z.int(),
  same: z.int(),
  /** The instance that answered would not be asked first. */
  elsewhere: z.int(),
  /** A limit would refuse them that did not before. */
  limited: z.int(),
  /** Their key or their model is no more, or they are not for each other. */
  refused: z.int(),
  /** Ids of requests. */
  examples: z.object({ elsewhere: ids, limited: ids, refused: ids }),
})
export type Replay = z.output<typeof replaySchema>
