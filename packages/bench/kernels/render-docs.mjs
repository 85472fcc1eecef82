/**
 * Puts results of the bench scripts into docs/performance.md, each into the region of its id and
 * thread count, such as `<!-- bench-kernels-1t:begin -->`.
 *
 * usage: node packages/bench/kernels/render-docs.mjs RESULT.json... [--docs docs/performance.md]
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderMarkdown, replaceRegion } from './report.mjs';
import { writeFormatted } from './write-file.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    docs: {
      type: 'string',
      default: fileURLToPath(new URL('../../../docs/performance.md', import.meta.url)),
    },
  },
});
let document = await readFile(values.docs, 'utf8');
for (const path of positionals) {
  const result = JSON.parse(await readFile(path, 'utf8'));
  const region = `bench-${result.id}-${result.settings.threads}t`;
  document = replaceRegion(document, region, renderMarkdown(result));
}
await writeFormatted(values.docs, document);
