/** Where the management API begins. */
export const ADMIN_API = '/admin/api'
