import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { repositoryRoot } from './repository.js';
import { modelSkeleton } from './skeleton.js';

const TIME_LIMIT_MS = 120_000;
const root = repositoryRoot();
const skeleton = modelSkeleton({
  task: 'clustering',
  name: 'MyModel',
  paper: 'A title',
  year: 2024,
});

/** Type errors of files that exist in memory only, in the place they would have on disk. */
function typeErrors(files: ReadonlyMap<string, string>, index: string): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.test.json'), (path) =>
    ts.sys.readFile(path),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // The example imports the model from the package, whose built index does not know it yet.
  options.paths = { '@dance-ts/clustering': [index] };
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => files.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => files.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ messageText }) => {
      return `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

describe('a new model', () => {
  const index = join(root, skeleton.registration.path);
  const files = new Map(skeleton.files.map(({ path, content }) => [join(root, path), content]));
  files.set(index, `${readFileSync(index, 'utf8')}\n${skeleton.registration.lines.join('\n')}\n`);

  test(
    'has the right types, in the model, its test, its example and the registry',
    () => {
      expect(typeErrors(files, index)).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  test(
    'is really checked',
    () => {
      const [first] = [...files.keys()];
      const broken = new Map(files);
      broken.set(first ?? '', `${files.get(first ?? '') ?? ''}\nexport const x: string = 1;\n`);
      expect(typeErrors(broken, index)).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );
});
