/** Disjoint sets of 0..n-1 that can be joined (Tarjan, J. ACM 22(2), 1975). */
export class UnionFind {
  private readonly parents: Int32Array;
  private readonly sizes: Int32Array;

  /** Each element is a set of its own. */
  constructor(n: number) {
    this.parents = Int32Array.from({ length: n }, (_, i) => i);
    this.sizes = new Int32Array(n).fill(1);
  }

  /** The element that stands for the set of `i`. */
  find(i: number): number {
    const { parents } = this;
    let root = i;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  }

  /** Joins the sets of `a` and `b`. */
  union(a: number, b: number): void {
    const [x, y] = [this.find(a), this.find(b)];
    if (x === y) return;
    const [large, small] = this.sizes[x]! >= this.sizes[y]! ? [x, y] : [y, x];
    this.parents[small] = large;
    this.sizes[large]! += this.sizes[small]!;
  }

  /** Number of elements in the set of `i`. */
  sizeOf(i: number): number {
    return this.sizes[this.find(i)]!;
  }
}
