/** One timed piece of work in a trace, told once it is over. Times are milliseconds since 1970, fractions allowed. */
export interface Span {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Spans that belong to it without being its parent. */
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  /** What went wrong, when it did. */
  readonly error?: string;
}

/** Where spans go. Recording never throws and never waits. */
export interface Tracer {
  record(span: Span): void;
}
