#!/usr/bin/env node
import { errorMessage } from '@dance-ts/core';
import { Command } from 'commander';
import { convertCommand } from './convert.js';

const program = new Command('dance').description('Deep learning for single-cell data');

program
  .command('doctor')
  .description('tell which devices this machine has, how fast they are and which one is taken')
  .option('--json', 'print JSON', false)
  .addHelpText('after', '\nExample:\n  $ dance doctor')
  .action(async ({ json }: { json: boolean }) => {
    // Other commands start faster without TensorFlow.js.
    const { describeReport, examine } = await import('./doctor.js');
    const report = await examine();
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report));
  });

program.addCommand(convertCommand());

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
