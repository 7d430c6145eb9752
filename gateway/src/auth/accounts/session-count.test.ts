import { expect, it } from 'vitest'
import { SessionCount } from './session-count.ts'

it('is counted when somebody asks, once for all who ask together, and anew when it is old', async () => {
  let now = 0
  let lists = 0
  let alive = 2
  const list = () => {
    lists += 1
    return Promise.resolve(Array.from({ length: alive }))
  }
  const sessions = new SessionCount({ list, now: () => now })
  expect(lists).toBe(0)
  await Promise.all([sessions.read(), sessions.read()])
  expect([sessions.value, lists]).toEqual([2, 1])
  alive = 3
  now = 4_999
  await sessions.read()
  expect([sessions.value, lists]).toEqual([2, 1])
  now = 5_000
  expect(sessions.value).toBe(2)
  await sessions.read()
  expect([sessions.value, lists]).toEqual([3, 2])
})

it('is unknown, and nothing fails, while the store does', async () => {
  const sessions = new SessionCount({ list: () => Promise.reject(new Error('no store')), now: () => 0 })
  expect(sessions.value).toBeUndefined()
  await expect(sessions.read()).rejects.toThrow('no store')
})
