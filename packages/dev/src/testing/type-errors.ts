import { join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../repository.js';

/**
 * Type errors of files that exist in memory only, in the place they would have on disk.
 *
 * @param files - contents by absolute path
 * @param paths - modules to be taken from elsewhere, as in tsconfig
 */
export function typeErrors(
  files: ReadonlyMap<string, string>,
  paths: Record<string, string[]> = {},
): string[] {
  const root = repositoryRoot();
  const { config } = ts.readConfigFile(join(root, 'tsconfig.test.json'), (path) =>
    ts.sys.readFile(path),
  ) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  options.paths = paths;
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
