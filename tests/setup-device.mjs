// What tests compute must not depend on what happens to be installed on the machine.
process.env['DANCE_DEVICE'] ??= 'wasm';
process.env['DANCE_THREADS'] ??= '1';
