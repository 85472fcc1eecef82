import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { moduleOf, ParamError, TASKS, type Task } from '@dance-ts/core';

/** What a new model is called and where it comes from. */
export interface SkeletonOptions {
  readonly task: string;
  /** Class name, as the paper calls the method. */
  readonly name: string;
  /** Title of the paper. */
  readonly paper: string;
  readonly year: number;
  readonly authors?: string | undefined;
  readonly venue?: string | undefined;
  /** Kind of network, for tables; default AutoEncoder, which the skeleton is. */
  readonly backbone?: string | undefined;
}

/** A file of a skeleton, by its path from the root of the repository. */
export interface SkeletonFile {
  readonly path: string;
  readonly content: string;
}

/** Lines to be added to a file by hand. */
export interface Addition {
  readonly path: string;
  readonly lines: readonly string[];
}

/** The files of a new model and what remains to be done by hand. */
export interface Skeleton {
  readonly files: readonly SkeletonFile[];
  /** What makes the model known: index of the task package. */
  readonly registration: Addition;
  /** Small parameters for the contract suite. */
  readonly contract: Addition;
}

/** Tasks with templates, in `templates/<task>`. */
const TEMPLATED: readonly Task[] = ['clustering'];
const FIRST_YEAR = 1900;
const LAST_YEAR = 2100;

/**
 * The model file, its test and its example for a new model: a plain method of the task that works,
 * to be changed into the paper's, so that every test passes from the first minute on.
 *
 * @throws ParamError if the task has no template, or a name or text cannot be used
 */
export function modelSkeleton(options: SkeletonOptions): Skeleton {
  const task = checkTask(options.task);
  const { name } = options;
  const templates = {
    model: template(task, 'model.ts'),
    test: template(task, 'model.test.ts'),
    example: template(task, 'example.ts'),
  };
  checkName(name, Object.values(templates));
  const id = name.toLowerCase();
  const folder = `${moduleOf(task)}/${task}`;
  const fill = filler(options, id, `${folder}/${id}`);
  const source = `packages/modules/${folder}/src`;
  return {
    files: [
      { path: `${source}/${id}.ts`, content: fill(templates.model) },
      { path: `${source}/${id}.test.ts`, content: fill(templates.test) },
      { path: `examples/${folder}/${id}.ts`, content: fill(templates.example) },
    ],
    registration: { path: `${source}/index.ts`, lines: registration(name, id) },
    contract: {
      path: 'tests/contract/small-settings.ts',
      lines: [`${id}: {`, ...template(task, 'small-settings').trimEnd().split('\n'), '},'],
    },
  };
}

function registration(name: string, id: string): string[] {
  return [
    `import { ${name} } from './${id}.js';`,
    '',
    'export {',
    `  ${name},`,
    `  type ${name}FitParams,`,
    `  type ${name}Params,`,
    `  type ${name}PreprocessParams,`,
    `} from './${id}.js';`,
    '',
    'registerModel({',
    `  spec: ${name}.spec,`,
    `  model: ${name},`,
    "  datasets: ['sim-clustering'],",
    '});',
  ];
}

function filler(
  options: SkeletonOptions,
  id: string,
  example: string,
): (template: string) => string {
  const { authors = 'Authors', venue = 'Venue', backbone = 'AutoEncoder', paper, year } = options;
  if (!Number.isInteger(year) || year < FIRST_YEAR || year > LAST_YEAR) {
    throw new ParamError('--year', {
      got: String(year),
      expected: `a year, ${FIRST_YEAR} to ${LAST_YEAR}`,
    });
  }
  const values: Record<string, string> = {
    Name: options.name,
    id,
    example,
    authors: quote('--authors', authors),
    title: quote('--paper', paper),
    venue: quote('--venue', venue),
    backbone: quote('--backbone', backbone),
    year: String(year),
    reference: `${authors}, ${paper}, ${venue}, ${year}`,
  };
  return (template) =>
    template.replace(/__([A-Za-z]+)__/g, (token, key: string) => values[key] ?? token);
}

function checkTask(name: string): Task {
  const task = TASKS.find((known) => known === name);
  if (task !== undefined && TEMPLATED.includes(task)) return task;
  throw new ParamError(
    task === undefined ? `there is no task "${name}"` : `there is no template for ${task} yet`,
    { expected: `one of ${TEMPLATED.join(', ')}` },
  );
}

function checkName(name: string, templates: readonly string[]): void {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) {
    throw new ParamError('--name', {
      got: JSON.stringify(name),
      expected: 'a class name: a capital letter, then letters and digits',
    });
  }
  const word = new RegExp(`\\b${name}\\b`);
  if (templates.some((text) => word.test(text))) {
    throw new ParamError(`"${name}" is a name the skeleton itself uses`, {
      remedy: 'Choose another one.',
    });
  }
}

/** A TypeScript string literal; the text also goes into comments, so it must not end one. */
function quote(flag: string, text: string): string {
  const hasControl = Array.from(text).some((char) => char.charCodeAt(0) < 32);
  if (text.trim() === '' || text.includes('*/') || hasControl) {
    throw new ParamError(flag, { got: JSON.stringify(text), expected: 'one line of text' });
  }
  const escaped = text.replaceAll('\\', '\\\\');
  return text.includes("'") && !text.includes('"')
    ? `"${escaped}"`
    : `'${escaped.replaceAll("'", "\\'")}'`;
}

function template(task: Task, name: string): string {
  const path = new URL(`../templates/${task}/${name}.template`, import.meta.url);
  return readFileSync(fileURLToPath(path), 'utf8');
}
