/** What a store has to tell beside its answers; pino's shape. */
export interface StoreLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

export const SILENT: StoreLog = { info: () => undefined, warn: () => undefined }
