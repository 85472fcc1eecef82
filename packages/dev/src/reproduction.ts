/**
 * The comment that ends an example, as Markdown: its paragraphs as text, its indented lines as
 * blocks (`sh` where they are commands, else plain).
 *
 * @returns undefined if the example ends without such a comment
 */
export function reproductionOf(example: string): string | undefined {
  const comment = /\n\/\*\n([\s\S]*?)\n\*\/\s*$/.exec(example)?.[1];
  if (comment === undefined) return undefined;
  const blocks: string[] = [];
  let indented: string[] = [];
  const flush = (): void => {
    if (indented.length > 0) blocks.push(fenced(indented));
    indented = [];
  };
  for (const paragraph of comment.split(/\n\n+/)) {
    const lines = paragraph.split('\n');
    if (lines.every((line) => line.startsWith('  '))) {
      const isCommand = isCommandLine(lines[0]);
      if (indented.length > 0 && isCommand !== isCommandLine(indented[0])) flush();
      indented.push(...lines);
    } else {
      flush();
      blocks.push(paragraph.replace(/^Reproduction[.:] /, ''));
    }
  }
  flush();
  return blocks.join('\n\n');
}

function isCommandLine(line = ''): boolean {
  return line.trimStart().startsWith('npm ');
}

function fenced(lines: readonly string[]): string {
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  const language = isCommandLine(lines[0]) ? 'sh' : 'text';
  return [`\`\`\`${language}`, ...lines.map((line) => line.slice(indent)), '```'].join('\n');
}
