import { describe, expect, test } from '@jest/globals';
import { describeAdapter, isSoftware } from './adapter.js';

describe('adapters', () => {
  test.each([
    [{ vendor: 'mesa', device: 'llvmpipe-llvm-15' }, true],
    [{ vendor: 'google', architecture: 'swiftshader' }, true],
    [{ description: 'Microsoft Basic Render Driver' }, true],
    [{ vendor: 'intel', isFallbackAdapter: true }, true],
    [{ vendor: 'nvidia', architecture: 'hopper', isFallbackAdapter: false }, false],
    [{ vendor: 'apple', architecture: 'metal-3', description: '' }, false],
    [{}, false],
  ])('%j computes on the processor: %p', (info, expected) => {
    expect(isSoftware(info)).toBe(expected);
  });

  test('are named by vendor, architecture and device', () => {
    const device = 'llvmpipe (LLVM 15.0.6, 256 bits)';
    expect(describeAdapter({ vendor: 'Mesa', architecture: '', device, description: 'x' })).toBe(
      'mesa-llvmpipe-llvm-15-0-6-256-bits',
    );
    expect(describeAdapter({})).toBe('unknown');
  });

  test('are read through getters of a class, as WebGPU has them', () => {
    class Info {
      get vendor(): string {
        return 'mesa';
      }
      get description(): string {
        return 'llvmpipe';
      }
    }
    expect(describeAdapter(new Info())).toBe('mesa');
    expect(isSoftware(new Info())).toBe(true);
  });
});
