/** Boot tests need a machine to boot: where the program is missing they are skipped, by name. */
import { findCommand, type Program, qemuProgram } from '@drift-os/hypervisor';

/** True when `program` is not installed; says what is skipped and how to install it. */
export async function missing(program: Program, what: string): Promise<boolean> {
  if ((await findCommand(program.command)) !== undefined) return false;
  const [system, command] = Object.entries(program.install)[0] ?? [];
  console.log(`skipped: ${what}. ${program.title} is not installed; on ${system}: ${command}`);
  return true;
}

export function noQemu(what: string): Promise<boolean> {
  return missing(qemuProgram, what);
}
