import { Command } from 'commander';
import { settle } from './settle.js';

interface Flags {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The command `dance doctor`. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('tell which devices this machine has, how fast they are and which one is taken')
    .option('--json', 'print JSON', false)
    .option('--verbose', 'show the stack of an error', false)
    .addHelpText('after', '\nExample:\n  $ dance doctor')
    .action(({ json, verbose }: Flags) =>
      settle(async () => {
        // Other commands start faster without TensorFlow.js.
        const { describeReport, examine } = await import('./doctor.js');
        const report = await examine();
        process.stdout.write(
          json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report),
        );
      }, verbose),
    );
}
