/**
 * undici's client, pool and connector alone: the package's main entry loads fetch, WebSocket, caches and mocks too, 16 MB
 * of memory that nothing here uses.
 */
declare module 'undici/lib/dispatcher/client.js' {
  import { Client } from 'undici'
  export default Client
}

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export default Pool
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici'
  export default buildConnector
}
