import { listModels } from '@dance-ts/core';
import { Command } from 'commander';
import { settle } from './settle.js';
import { taskNamed } from './tasks.js';

const HELP = /^(-h|--help)$/;

/** The command `dance run`. The flags of each model are generated from its parameters. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('run a model on a data set or on a file of your own')
    .usage('<task> <model> [flags]')
    .argument('[words...]', 'task, model and its flags, see dance list')
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText(
      'after',
      '\nFlags of a model:\n  $ dance run clustering graphsc --help\n\nExample:\n' +
        '  $ dance run clustering graphsc --input filtered_feature_bc_matrix --output out.h5ad ' +
        '--plots plots',
    );
  return command.action((words: string[]) =>
    settle((signal) => run(command, words, signal), words.includes('--verbose')),
  );
}

async function run(command: Command, words: readonly string[], signal: AbortSignal): Promise<void> {
  const [taskName, modelName, ...flags] = words;
  const task = taskName === undefined || HELP.test(taskName) ? undefined : taskNamed(taskName);
  const { modelNamed, runnableTasks } = await import('./models.js');
  if (task === undefined) {
    command.outputHelp();
    process.stdout.write(`\nTasks: ${runnableTasks().join(', ')}\n`);
    return;
  }
  if (modelName === undefined || HELP.test(modelName)) {
    const names = listModels(task).map(({ spec }) => spec.id);
    process.stdout.write(`Usage: dance run ${task} <model> [flags]\n\n`);
    process.stdout.write(`Models: ${names.join(', ') || 'none yet'}\n`);
    return;
  }
  const { model, spec, datasets } = modelNamed(modelName, task);
  const [{ runModel }, { exampleCall }] = await Promise.all([
    import('./run-model.js'),
    import('./info.js'),
  ]);
  const help = [
    '',
    "All parameters have the model's own defaults here. The model's example script",
    `(npm run example in the repository) may set others to fit its data, such as the number of`,
    'clusters; its comment gives the settings of published experiments.',
    '',
    `Example:\n  $ ${exampleCall(spec)}`,
  ].join('\n');
  const program = `dance run ${task} ${spec.id}`;
  await runModel(model, flags, { dataset: datasets[0] ?? '', program, help }, signal);
}
