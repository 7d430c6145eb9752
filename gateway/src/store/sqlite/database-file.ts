/** In the folder of store.path. */
export const DATABASE = 'jairouter.db'
