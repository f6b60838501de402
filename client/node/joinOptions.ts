import { InvalidArgumentError } from "commander";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import { parseInvitation } from "../../shared/protocol/invitation.ts";
import type { ParamsOver } from "../core/paramsSource.ts";
import { runAddress } from "../core/runAddress.ts";
import type { DataRequest } from "./loadData.ts";

/** The options of `headwater join` as commander parses them. */
export interface JoinCommandOptions extends DeviceFacts {
  readonly data: string;
  readonly label: string;
  readonly shard?: { readonly part: number; readonly of: number };
  readonly seed: number;
  readonly once?: boolean;
  readonly rounds?: number;
  readonly identity: string;
  readonly receipts?: string;
  readonly coordinator?: string;
  readonly base?: string;
  readonly ca?: string;
  readonly maxWait: number;
  readonly paramsOver: ParamsOver;
  readonly name?: string;
  readonly invitation?: string;
  readonly json?: boolean;
}

/** @throws InvalidArgumentError unless the text is an http or https address. */
export function parseUrl(text: string): string {
  try {
    return runAddress(text).href;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Where to join, and the invitation that a link may hold: `http://host/runs/mine#invitation=...`. */
export interface JoinAddress {
  readonly url: string;
  readonly invitation?: string;
}

/** @throws InvalidArgumentError unless the text is an http or https address; nor if it ends in what is no invitation. */
export function parseJoinAddress(text: string): JoinAddress {
  const url = parseUrl(text);
  return text.includes("#invitation=") ? { url, invitation: parseInvitationText(text) } : { url };
}

/** The invitation, or the link with it, as it was given out. @throws InvalidArgumentError. */
export function parseInvitationText(text: string): string {
  try {
    parseInvitation(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** "3/100": the third of a hundred parts. @throws InvalidArgumentError. */
export function parseShard(text: string): { readonly part: number; readonly of: number } {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const part = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || part < 1 || part > of) {
    throw new InvalidArgumentError(`expected PART/PARTS such as 1/100, with 1 <= PART <= PARTS, got ${text}`);
  }
  return { part, of };
}

/** A name for the coordinator's operator: printable, at most 40 characters. @throws InvalidArgumentError. */
export function parseName(text: string): string {
  if (/^[\p{L}\p{N}\p{P}\p{S} ]{1,40}$/u.test(text)) return text;
  throw new InvalidArgumentError(`expected 1 to 40 printable characters, got ${JSON.stringify(text)}`);
}

export function dataRequest({ data, label, shard, seed }: JoinCommandOptions): DataRequest {
  return { source: data, label, ...(shard === undefined ? {} : { shard: { ...shard, seed } }) };
}
