import type { RunPlan } from "../../shared/protocol/runPlan.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A run file's fields with those of another run's plan, but for what is to differ. Changes go into objects field by field
 * (`local.optimizer.learningRate` leaves the kind as it is); another `kind` replaces the object that it is the kind of,
 * and null leaves a field out, so that it has its default.
 */
export function changedPlan(plan: RunPlan, changes: Fields): Fields {
  const { format: _format, runId: _runId, modelHash: _modelHash, codec: _codec, privacy: _privacy, ...rest } = plan;
  if (rest.evaluation === undefined) return merged(rest, changes);
  const { numElements: _followsFromTheMetrics, ...evaluation } = rest.evaluation;
  return merged({ ...rest, evaluation }, changes);
}

function merged(fields: Fields, changes: Fields): Fields {
  const next: Record<string, unknown> = { ...fields };
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) delete next[name];
    else next[name] = isFields(change) ? changedField(fields[name], change) : change;
  }
  return next;
}

function changedField(field: unknown, change: Fields): Fields {
  const isOfAnotherKind = isFields(field) && change.kind !== undefined && change.kind !== field.kind;
  return isFields(field) && !isOfAnotherKind ? merged(field, change) : change;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
