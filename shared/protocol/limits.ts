/**
 * Every bound of the protocol, in one place; the unit is in the name. A value beyond a bound is refused by the parser,
 * before anything is allocated for it. The table "Limits" of PROTOCOL.md repeats these numbers, and a test ties the two.
 */
export const LIMITS = {
  /** Bytes of one Socket.IO frame, everything included: the transport closes a connection that sends more. */
  maxFrameBytes: 256 * 1024,
  /** Characters of one text packet to a coordinator: its binary fields travel beside it. */
  maxTextChars: 4 * 1024,
  /** Binary attachments of one Socket.IO message: header, signature and manifest of `submit` travel as three. */
  maxAttachmentsPerMessage: 3,
  /** Bytes of the attachments of one message to a coordinator, together: a chunk, or a header with its manifest. */
  maxAttachmentBytes: 160 * 1024,
  /** Bytes of one `chunk` of an upload. */
  maxChunkBytes: 128 * 1024,
  /** Chunks that a client may have sent without their acknowledgement. */
  maxChunksInFlight: 8,
  /** Bytes of a params file: the values of the largest model and a header. */
  maxParamsBytes: 65 * 1024 * 1024,
  /** Requests for params over the socket that a client may have sent without their acknowledgement. */
  maxParamsInFlight: 4,
  /** Bytes of one update's payload. */
  maxUpdateBytes: 64 * 1024 * 1024,
  /** Elements of a model's shared params: what one delta holds. */
  maxNumParams: 16 * 1024 * 1024,
  /** Bytes of a manifest, as canonical JSON. */
  maxManifestBytes: 8 * 1024,
  /** Named parts of one manifest. */
  maxParts: 16,
  /** Elements of an update's part "evaluation". */
  maxEvaluationElements: 1024 * 1024,
  /** Metrics of one update or one commit. */
  maxMetrics: 32,
  /** Updates that one commit may hold: its record (32 bytes an update) must fit a frame. */
  maxUpdatesPerCommit: 4_000,
  /** Bytes of the canonical JSON of a run plan. */
  maxPlanBytes: 16 * 1024,
  /** Bytes of the canonical JSON of a model document. */
  maxModelBytes: 64 * 1024,
  /** Nesting depth of a model document. */
  maxModelDepth: 16,
  /** Versions in one `challenge`. */
  maxVersions: 16,
  /** Keys on one roster. */
  maxRosterClients: 10_000,
  /** Characters (UTF-16 units) of the name of a run. */
  maxNameChars: 80,
  /** Characters of the software's name and version in `hello`. */
  maxSoftwareChars: 80,
  /** Characters of the message of a rejection. */
  maxMessageChars: 500,
  /** Model versions that an update of an asynchronous run may lie behind. */
  maxStaleness: 100,
  /** Rounds, attempts, base versions and commit numbers are at most this. */
  maxCounter: 2 ** 32 - 1,
  /** Examples that one client may declare. */
  maxExamples: 2 ** 32 - 1,
  /** Milliseconds of a deadline: one day. */
  maxDeadlineMs: 24 * 60 * 60 * 1000,
  /** Milliseconds that a rejection may ask a peer to wait: one hour. */
  maxRetryAfterMs: 60 * 60 * 1000,
  /** Largest bound on |delta| that a plan may set. */
  maxAbsDeltaBound: 1_000_000,
  /** Local epochs of a plan. */
  maxLocalEpochs: 1_000,
  /** Examples of one local batch. */
  maxBatchSize: 65_536,
} as const;

/** Sizes that never vary, in bytes. */
export const SIZES = {
  key: 32,
  signature: 64,
  nonce: 32,
  invitation: 32,
  ticket: 16,
  runId: 16,
  digest: 32,
} as const;
