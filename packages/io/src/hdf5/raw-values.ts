/** Where the raw values of a dataset come from. */
export interface RawValues {
  /** Gets ready for reading. */
  open(): Promise<void>;
  /**
   * Reads whole rows.
   *
   * @param use - called with row-major values as they are in memory, valid during the call only
   */
  readRows(start: number, nRows: number, use: (bytes: Uint8Array) => void): void;
  /** Bytes of the text of variable length that a pointer among the values read last leads to. */
  bytesAt(pointer: number): Uint8Array;
}
