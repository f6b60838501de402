/** The personal params of virtual clients: what each keeps between its rounds. */
export interface PersonalParams {
  /** What a client has; nothing before its first update arrived. */
  of(client: number): Float32Array | undefined;
  /** Remembers what a training ended with, until its update is kept or dropped. */
  hold(ticket: string, client: number, personal: Float32Array): void;
  /** The update of that ticket arrived: what its training ended with is what the client goes on with. */
  keep(ticket: string): void;
  drop(ticket: string): void;
}

/**
 * Memory: the personal params of each client that an update arrived of. A training whose update never arrives leaves no
 * trace, as in a real client, which may have to train again under the same ticket and must then sign the same bytes.
 */
export function createPersonalParams(): PersonalParams {
  const kept = new Map<number, Float32Array>();
  const held = new Map<string, { readonly client: number; readonly personal: Float32Array }>();
  return {
    of: (client) => kept.get(client),
    hold: (ticket, client, personal) => void held.set(ticket, { client, personal }),
    keep(ticket) {
      const result = held.get(ticket);
      if (result !== undefined) kept.set(result.client, result.personal);
    },
    drop: (ticket) => void held.delete(ticket),
  };
}
