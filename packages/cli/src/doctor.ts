import { availableParallelism, cpus, totalmem } from 'node:os';
import { diagnoseDevices, TFJS_VERSION, type DeviceReport, type Diagnosis } from '@dance-ts/nn';

/** What `dance doctor` finds out. */
export interface DoctorReport extends Diagnosis {
  readonly node: string;
  readonly tfjs: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

/** Tries all devices on this machine. */
export async function examine(): Promise<DoctorReport> {
  return {
    node: process.versions.node,
    tfjs: TFJS_VERSION,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    ...(await diagnoseDevices()),
  };
}

/** The report for people. */
export function describeReport(report: DoctorReport): string {
  const { node, tfjs, cpu, cores, memoryGiB, devices, chosen } = report;
  return [
    `Node.js ${node}, TensorFlow.js ${tfjs}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB`,
    '',
    ...devices.map(describeDevice),
    '',
    `auto takes ${chosen.device} (${chosen.id})`,
    '',
  ].join('\n');
}

function describeDevice({ device, id, threads, gflops, problem }: DeviceReport): string {
  const name = device.padEnd(7);
  if (id === undefined) return `${name} no: ${problem ?? 'unknown problem'}`;
  const kernels =
    threads === undefined ? '' : `, kernels on ${threads} thread${threads === 1 ? '' : 's'}`;
  return `${name} yes: ${id}${kernels}, ${(gflops ?? 0).toFixed(1)} GFLOP/s`;
}
