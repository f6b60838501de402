import { parseManifest } from "../../../shared/protocol/manifest.ts";
import { fromBase64 } from "../../store/base64.ts";
import type { JournalEvent } from "../../store/journalEvent.ts";
import type { ParticipationEvent } from "./participationHistory.ts";

/** What a journaled event says about participation; undefined if nothing. A replay of these rebuilds the history. */
export function participationOf(event: JournalEvent): ParticipationEvent | undefined {
  if (event.kind === "round-opened") {
    const { round, attempt, members } = event;
    // Members of an asynchronous run that go on with earlier work were asked then.
    const asked = members.filter(
      ({ base }) => base === undefined || (base.round === round && base.attempt === attempt),
    );
    return { type: "asked", round, clientIds: asked.map(({ clientId }) => clientId) };
  }
  if (event.kind !== "update-accepted") return undefined;
  const { clientId, weight, manifest } = event;
  const { trainLoss } = parseManifest(fromBase64(manifest)).metrics;
  return { type: "answered", clientId, weight, trainLoss };
}
