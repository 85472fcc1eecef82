/** The k neighbors of each point, nearest first, with squared distances. */
export interface NeighborLists {
  /** [n * k] */
  readonly indices: Int32Array;
  /** [n * k] */
  readonly squared: Float32Array;
}
