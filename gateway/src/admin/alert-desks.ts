import {
  createSilenceSchema,
  RECEIVER_EXAMPLE,
  receiverListSchema,
  receiverTestSchema,
  SILENCE_EXAMPLE,
  silenceListSchema,
  silenceSchema,
  type ShownSilence,
} from '@jairouter/contract/management/alerts'
import { listQuerySchema } from '@jairouter/contract/management/list'
import { z } from 'zod'
import type { AlertDesk } from '../alerting/alert-desk.ts'
import type { Deliveries, DeliveryState } from '../alerting/deliveries.ts'
import type { Silence, Silences } from '../alerting/silences.ts'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import type { AlertSettings } from '../config/snapshot.ts'
import type { Store } from '../store/port.ts'
import { listPage } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface AlertDeskPorts {
  /** Loaded when they are asked for. */
  readonly parts: () => Promise<{ readonly alerts: AlertDesk; readonly silences: Silences; readonly deliveries: Deliveries }>
  readonly settings: () => AlertSettings
  readonly store: Pick<Store, 'commit'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
}

const tag = 'Alerts'

/** Who is told of alerts, and who is not. */
export function alertDeskRoutes(ports: AlertDeskPorts): readonly AnyRoute[] {
  return [...silenceRoutes(ports), ...receiverRoutes(ports)]
}

function silenceRoutes({ parts, now }: AlertDeskPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/alerts/silences',
      permission: 'alerts.read',
      tag,
      summary: 'Silences that have not ended',
      query: listQuerySchema,
      answers: { 200: { description: 'Silences', schema: silenceListSchema } },
      example: { answer: { items: [SILENCE_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:02:00.000Z' } },
      async handle({ query }) {
        const items = (await parts()).silences.current().map(shownSilence)
        const fields = {
          createdAt: ({ createdAt }: ShownSilence) => createdAt,
          until: ({ until }: ShownSilence) => until,
          by: ({ by }: ShownSilence) => by,
          reason: ({ reason }: ShownSilence) => reason,
          match: ({ match }: ShownSilence) => Object.values(match),
        }
        return { body: listPage(items, query, { fields, id: ({ id }) => id, sort: '-createdAt', now: now() }) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/alerts/silences',
      permission: 'alerts.write',
      tag,
      summary: 'Tell nobody of some alerts for a while',
      description:
        'Those that match in all of `match`: `rule`, `severity`, and labels; `*` stands for anything. They are shown as ever. Whoever was told that one fires is still told when it is over.',
      body: createSilenceSchema,
      answers: { 201: { description: 'The silence', schema: silenceSchema } },
      example: { request: { match: { backend: 'gpu-1' }, for: '2h', reason: 'New driver' }, answer: SILENCE_EXAMPLE },
      async handle({ body, origin }) {
        const { silences } = await parts()
        return { status: 201, body: shownSilence(await silences.add({ ...body, forMs: body.for }, origin)) }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/alerts/silences/:id',
      permission: 'alerts.write',
      tag,
      summary: 'End a silence',
      params: z.object({ id: z.string().min(1).max(100) }),
      answers: { 204: { description: 'What fires is told with the next look' } },
      async handle({ params: { id }, origin }) {
        const { silences } = await parts()
        if (!(await silences.remove(id, origin))) throw new AdminProblem('not_found', 'There is no such silence')
        return { status: 204 }
      },
    }),
  ]
}

function receiverRoutes({ parts, settings, store, now, monotonic }: AlertDeskPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/alerts/receivers',
      permission: 'alerts.read',
      tag,
      summary: 'Webhooks, and what became of what was sent to them',
      description: 'Since the start of this gateway. They are changed at `/alert-receivers`.',
      query: listQuerySchema,
      answers: { 200: { description: 'Receivers', schema: receiverListSchema } },
      example: { answer: { items: [RECEIVER_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:02:00.000Z' } },
      async handle({ query }) {
        const { deliveries } = await parts()
        deliveries.follow(settings().receivers)
        const items = deliveries.states().map(({ receiver, ...state }) => ({ name: receiver, ...state }))
        type Item = Omit<DeliveryState, 'receiver'> & { readonly name: string }
        const fields = { name: ({ name }: Item) => name, failed: ({ failed }: Item) => failed, sent: ({ sent }: Item) => sent }
        return { body: listPage(items, query, { fields, id: ({ name }) => name, sort: 'name', now: now() }) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/alerts/receivers/:name/test',
      permission: 'alerts.write',
      tag,
      summary: 'Send a receiver a message, to try it out',
      description: 'One try. `log` writes a line.',
      params: z.object({ name: z.string().min(1).max(100) }),
      answers: { 200: { description: 'Whether it took the message', schema: receiverTestSchema } },
      example: { answer: { ok: false, why: 'status 500', ms: 12.4 } },
      async handle({ params: { name }, origin }) {
        const { alerts } = await parts()
        const startedAt = monotonic()
        const result = await alerts.test(name)
        if (result === undefined) throw new AdminProblem('not_found', `There is no receiver "${name}"`)
        const ok = result.kind === 'taken'
        const outcome = ok ? ('ok' as const) : ('failed' as const)
        await store.commit([auditWrite(origin, { action: 'alert.test', target: `alerts/receivers/${name}`, result: outcome, time: now() })])
        const ms = Math.round((monotonic() - startedAt) * 10) / 10
        return { body: { ok, ...(result.kind === 'taken' ? {} : { why: result.why }), ms } }
      },
    }),
  ]
}

function shownSilence({ match, ...silence }: Silence): ShownSilence {
  return { ...silence, match: { ...match } }
}
