import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as prettier from 'prettier';

/**
 * Writes a file as the repository formats it; readers see the old one or the new one, never a part.
 * @param {string} path
 * @param {string} text JSON or markdown, by the path's ending
 */
export async function writeFormatted(path, text) {
  const style = await prettier.resolveConfig(path);
  const formatted = await prettier.format(text, { ...style, filepath: path });
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, formatted);
  await rename(temporary, path);
}
