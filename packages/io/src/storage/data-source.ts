/** Where data can come from: a path (Node only), bytes, or a Blob or File. */
export type DataSource = string | Uint8Array | Blob;
