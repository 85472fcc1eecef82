#!/usr/bin/env node
import { errorMessage } from '@dance-ts/core';
import { Command } from 'commander';
import { convertCommand } from './convert.js';
import { dataCommand } from './data.js';
import { doctorCommand } from './doctor-command.js';
import { infoCommand } from './info.js';
import { listCommand } from './list.js';
import { plotCommand } from './plot.js';
import { runCommand } from './run.js';
import { version } from './version.js';

const program = new Command('dance')
  .description('Deep learning for single-cell data')
  .version(version())
  .enablePositionalOptions()
  .addHelpText('after', '\nExample:\n  $ dance run clustering graphsc --input cells.h5ad');

for (const command of [
  listCommand(),
  infoCommand(),
  runCommand(),
  plotCommand(),
  convertCommand(),
  dataCommand(),
  doctorCommand(),
]) {
  program.addCommand(command);
}
errorsOnOneLine(program);

// Whoever reads the output may have seen enough of it (dance list | head).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`error: ${errorMessage(error)}\n`);
  process.exitCode = 1;
});

/** A suggestion would stand on a line of its own otherwise. */
function errorsOnOneLine(command: Command): void {
  command.configureOutput({
    outputError: (text, write) => {
      write(`${text.trim().replaceAll('\n', ' ')}\n`);
    },
  });
  command.commands.forEach(errorsOnOneLine);
}
