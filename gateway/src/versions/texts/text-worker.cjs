// As the store's sqlite-worker.cjs.
require('node:module').enableCompileCache()
import('./serve-texts.ts')
