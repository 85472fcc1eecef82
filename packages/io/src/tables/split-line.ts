/** Fields of one line of a delimited text; quoted fields may hold the delimiter and `""`. */
export function splitLine(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] !== '"') {
      const end = line.indexOf(delimiter, at);
      fields.push(end < 0 ? line.slice(at) : line.slice(at, end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    if (end < 0) end = line.length;
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
    const next = line.indexOf(delimiter, end);
    if (next < 0) return fields;
    at = next + 1;
  }
}

const DELIMITERS = ['\t', ',', ';'] as const;

/** The delimiter that occurs most in a line outside of quotes; a comma if there is none. */
export function sniffDelimiter(line: string): string {
  const bare = line.replace(/"[^"]*"/g, '');
  let best: string = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = bare.split(delimiter).length - 1;
    if (count > most) [best, most] = [delimiter, count];
  }
  return best;
}
