import { blocksOf } from './documents.js';

/**
 * The commands of the shell blocks of a document, one array of words each: lines that end in a
 * backslash are joined, comments and quotes are removed, `&&` separates commands.
 */
export function commandsOf(text: string): string[][] {
  return blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split(/\n(?=[^\s])|&&/))
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/** Words of a command without variables set for it: parts in quotes are one word. */
function wordsOf(command: string): string[] {
  const words = command.match(/"(?:\\.|[^"\\])*"|'[^']*'|[^\s"']+/g) ?? [];
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? words : words.slice(0, comment)).map((word) =>
    word.replaceAll(/^["']|["']$/g, ''),
  );
}
