/** The address that this page came from, without its query: the coordinator is there, under whatever path. */
export const coordinatorUrl = new URL(".", location.href).href;
