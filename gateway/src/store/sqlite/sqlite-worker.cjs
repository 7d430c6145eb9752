// As jairouter.cjs: with the cache, a worker that is started again and again neither strips nor compiles.
require('node:module').enableCompileCache()
import('./serve-worker.ts')
