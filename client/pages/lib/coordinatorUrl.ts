import { runAddress } from "headwater/client";

/** The address that this page came from, without its query: the run is there, under whatever path. */
export const coordinatorUrl = new URL(".", location.href).href;

/** Where this page's run is to be asked, and its coordinator. */
export const here = runAddress(coordinatorUrl);

/** What lets this device into a run by invitation: the link's end, which no server ever sees. */
export const linkInvitation = /^#invitation=(.+)$/.exec(location.hash)?.[1] ?? "";
