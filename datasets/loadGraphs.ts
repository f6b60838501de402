import { type GraphCollection, parseGraphCollection } from "../shared/data/graph/parseGraphCollection.ts";
import { type LabelledGraph, parseGraphJson } from "../shared/data/graph/parseGraphJson.ts";
import { readTextFile } from "./readTextFile.ts";

/** One graph with classes on its nodes, from JSON, plain or gzip (karate, Cora). @throws DataFormatError as `parseGraphJson`. */
export async function loadGraphJson(path: string): Promise<LabelledGraph> {
  return parseGraphJson(await readTextFile(path));
}

/** Graphs with one class each (MUTAG.txt). @throws DataFormatError as `parseGraphCollection`. */
export async function loadGraphCollection(path: string): Promise<GraphCollection> {
  return parseGraphCollection(await readTextFile(path));
}
