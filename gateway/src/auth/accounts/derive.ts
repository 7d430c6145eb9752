import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Derive } from './password-hasher.ts'

const derived = promisify(argon2)

/** Node's own, on its thread pool. */
export const deriveArgon2id: Derive = (password, salt, { m, t, p }, length) =>
  derived('argon2id', { message: password, nonce: salt, memory: m, passes: t, parallelism: p, tagLength: length })
