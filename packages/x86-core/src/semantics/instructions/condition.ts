/** SETcc and CMOVcc: SDM 1 7.3.1.1, 7.3.8. */
import * as v from '../integer.ts';
import { conditionNames, type Definition } from './definition.ts';

function set(code: number): Definition {
  return (m) => m.write(0, m.let(v.bit(m.condition(code))));
}

/** The source is read, and a 32-bit destination zero-extended, whether the condition holds or not. */
function move(code: number): Definition {
  return (m) => {
    const source = m.read(1);
    m.write(0, m.let(v.select(m.condition(code), source, m.read(0))));
  };
}

export const conditionDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  conditionNames.flatMap((name, code): [string, Definition][] => [
    [`set${name}`, set(code)],
    [`cmov${name}`, move(code)],
  ]),
);
