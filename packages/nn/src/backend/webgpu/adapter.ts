/** What a WebGPU adapter tells about itself; browsers leave most of it empty. */
export interface AdapterDescription {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render|\bwarp\b/i;

/** Whether the adapter computes on the processor, which WebAssembly does faster. */
export function isSoftware({ isFallbackAdapter = false, ...names }: AdapterDescription): boolean {
  return isFallbackAdapter || textsOf(names).some((text) => SOFTWARE.test(text));
}

/** Vendor, architecture and device as one word, `unknown` if all are empty. */
export function describeAdapter(info: AdapterDescription): string {
  const text = textsOf({ ...info, description: '' })
    .join('-')
    .toLowerCase();
  const word = text.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return word === '' ? 'unknown' : word;
}

function textsOf({ vendor, architecture, device, description }: AdapterDescription): string[] {
  const texts = [vendor, architecture, device, description];
  return texts.filter((text): text is string => text !== undefined && text !== '');
}
