/**
 * What binaryen's interpreter prints when it executes a module (`--fuzz-exec-before`), compared with the lines of a native run.
 * Floats are printed in decimal and i64 arguments of imports as two halves, so native lines are brought into that form.
 */

/** One called export: its name and what happened, line by line. */
interface Called {
  readonly name: string;
  readonly events: readonly string[];
}

const LOGGED = /^\[LoggingExternalInterface logging (.*)\]$/;

/** Stands for the start function, which is called first. */
const START = 'start';

/** Exports that are no functions are left out; they are recognised by being no call of the native run. */
function parseInterpreted(output: string): Called[] {
  const called: { name: string; events: string[] }[] = [{ name: START, events: [] }];
  let inResults = false;
  for (const line of output.split('\n')) {
    const last = called.at(-1)?.events;
    const exported = /^\[fuzz-exec\] export (.*)$/.exec(line);
    const note = /^\[fuzz-exec\] note result: .* => (.*)$/.exec(line);
    if (exported !== null) {
      called.push({ name: exported[1] as string, events: [] });
      inResults = false;
    } else if (last === undefined || line === '' || line.startsWith('warning:')) continue;
    else if (note !== null) {
      last.push(`result ${note[1]}`);
      inResults = true;
    } else if (LOGGED.test(line)) last.push(`log ${LOGGED.exec(line)?.[1]}`);
    else if (line.startsWith('[trap')) last.push('trap');
    // The interpreter cannot be called back before its instance is complete.
    else if (line.includes('failed to instantiate')) last.push('limit');
    else if (line.startsWith('[exception')) last.push('exception');
    else if (line.startsWith('[host limit')) last.push('limit');
    else if (inResults) last.push(`result ${line}`);
  }
  return called;
}

const view = new DataView(new ArrayBuffer(8));

function floatText(type: string, hex: string): string {
  if (hex === 'nan') return 'nan';
  if (type === 'f32') view.setUint32(0, Number.parseInt(hex, 16));
  else view.setBigUint64(0, BigInt(`0x${hex}`));
  return numberText(type === 'f32' ? view.getFloat32(0) : view.getFloat64(0));
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A value of a native line in the interpreter's form. */
function nativeText(type: string, hex: string, logged: boolean): string {
  if (type === 'i32') return String(Number.parseInt(hex, 16) | 0);
  if (type === 'i64') {
    const bits = BigInt(`0x${hex}`);
    if (!logged) return String(BigInt.asIntN(64, bits));
    return `${BigInt.asIntN(32, bits)} ${BigInt.asIntN(32, bits >> 32n)}`;
  }
  if (type === 'f32' || type === 'f64') return floatText(type, hex);
  if (type === 'v128') {
    const lanes = [24, 16, 8, 0].map((at) => `0x${hex.slice(at, at + 8)}`);
    return `i32x4 ${lanes.join(' ')}`;
  }
  return hex;
}

/** The same value of the interpreter, where it is not written in one way only. */
function interpretedText(type: string, text: string): string {
  if (type === 'ref') return text.includes('null') ? 'null' : 'set';
  if (type !== 'f32' && type !== 'f64') return text;
  if (/nan/.test(text)) return 'nan';
  if (/inf/.test(text)) return text.startsWith('-') ? '-Infinity' : 'Infinity';
  const value = Number(text);
  return numberText(type === 'f32' ? Math.fround(value) : value);
}

/** First difference between the interpreter's output and the lines of a native run that called every exported function in order; undefined where there is none. */
export function compareWithInterpreter(output: string, lines: readonly string[]): string | undefined {
  const names = new Set(lines.map((line) => /^([^ ]*):/.exec(line)?.[1]));
  const called = parseInterpreted(output).filter(({ name }) => name === START || names.has(name));
  let at = 0;
  for (const { name, events } of called) {
    let i = 0;
    for (;;) {
      if (name === START && i === events.length) break;
      const line = lines[at++];
      const event = events[i];
      // Each has its own limit of stack: what comes after cannot be compared.
      if (event === 'limit' || line?.endsWith(' overflow') === true) return undefined;
      if (line === undefined) return `${name}: the native run ended, expected ${event}`;
      if (line.startsWith('log')) {
        const [, type = '', hex = ''] = line.split(' ');
        const native = `log ${nativeText(type, hex, true)}`;
        const expected = event?.startsWith('log ') === true ? `log ${interpretedText(type, event.slice(4))}` : event;
        if (native !== expected) return `${name}: ${line} is ${native}, interpreter: ${event}`;
        i++;
        continue;
      }
      if (line === 'start trap' || line === 'start exception') {
        return line === `start ${event}` ? undefined : `${line}, interpreter: ${event}`;
      }
      if (line === `${name}: trap` || line === `${name}: exception`) {
        if (events[i] !== line.slice(name.length + 2)) return `${line}, interpreter: ${event}`;
        break;
      }
      const values = line
        .slice(name.length + 1)
        .trim()
        .split(' ');
      const results = events.slice(i);
      for (let v = 0; v + 1 < values.length; v += 2) {
        const [type, hex] = [values[v] as string, values[v + 1] as string];
        const expected = results[v / 2];
        if (expected?.startsWith('result ') !== true) return `${line}, interpreter: ${expected}`;
        if (nativeText(type, hex, false) !== interpretedText(type, expected.slice(7)))
          return `${line}, interpreter: ${expected}`;
      }
      if (results.length !== Math.floor(values.length / 2)) return `${line}, interpreter: ${results.join('; ')}`;
      break;
    }
  }
  return undefined;
}
