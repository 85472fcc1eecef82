/**
 * Puts results of the bench scripts into docs/performance.md, each into the section of its id and
 * thread count, such as `<!-- bench:kernels-1t -->`.
 *
 * usage: node packages/bench/kernels/render-docs.mjs RESULT.json... [--docs docs/performance.md]
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderMarkdown, replaceSection } from './report.mjs';
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
  const section = `${result.id}-${result.settings.threads}t`;
  document = replaceSection(document, section, renderMarkdown(result));
}
await writeFormatted(values.docs, document);
