/** Bytes that came in and went out, in this process and in the open round. */
export interface ByteCounter {
  readonly uplink: number;
  readonly downlink: number;
  readonly roundUplink: number;
  readonly roundDownlink: number;
  received(numBytes: number): void;
  sent(numBytes: number): void;
  beginRound(): void;
}

export function createByteCounter(): ByteCounter {
  let uplink = 0;
  let downlink = 0;
  let uplinkBefore = 0;
  let downlinkBefore = 0;
  return {
    get uplink() {
      return uplink;
    },
    get downlink() {
      return downlink;
    },
    get roundUplink() {
      return uplink - uplinkBefore;
    },
    get roundDownlink() {
      return downlink - downlinkBefore;
    },
    received(numBytes) {
      uplink += numBytes;
    },
    sent(numBytes) {
      downlink += numBytes;
    },
    beginRound() {
      uplinkBefore = uplink;
      downlinkBefore = downlink;
    },
  };
}
