/**
 * What a WebGPU adapter tells about itself; browsers leave most of it empty. The fields are getters of
 * a class: spreading such an object loses them.
 */
export interface AdapterDescription {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render|\bwarp\b/i;

/** Whether the adapter computes on the processor, which WebAssembly does faster. */
export function isSoftware(info: AdapterDescription): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter = false } = info;
  const texts = filled([vendor, architecture, device, description]);
  return isFallbackAdapter || texts.some((text) => SOFTWARE.test(text));
}

/** Vendor, architecture and device as one word, `unknown` if all are empty. */
export function describeAdapter({ vendor, architecture, device }: AdapterDescription): string {
  const text = filled([vendor, architecture, device]).join('-').toLowerCase();
  const word = text.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return word === '' ? 'unknown' : word;
}

function filled(texts: readonly (string | undefined)[]): string[] {
  return texts.filter((text): text is string => text !== undefined && text !== '');
}
