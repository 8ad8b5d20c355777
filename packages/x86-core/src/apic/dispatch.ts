/** From an interrupt message to the local APICs that it means (SDM 3A 11.6.2). */
import type { InterruptTarget } from './destination.ts';
import type { InterruptMessage } from './interrupt-message.ts';

/** Delivers a message to those of a machine's local APICs that it is for; lowest priority: to one of them. */
export function dispatchInterrupt(apics: readonly InterruptTarget[], message: InterruptMessage): void {
  const targets = apics.filter((apic) => isTarget(apic, message));
  if (message.deliveryMode !== 'lowest-priority') {
    for (const apic of targets) apic.receive(message);
    return;
  }
  let chosen: InterruptTarget | undefined;
  for (const apic of targets) {
    if (apic.enabled && (chosen === undefined || apic.processorPriority < chosen.processorPriority)) chosen = apic;
  }
  chosen?.receive(message);
}

function isTarget(apic: InterruptTarget, message: InterruptMessage): boolean {
  switch (message.shorthand) {
    case 'all':
      return true;
    case 'others':
      return apic.id !== message.source;
    case 'self':
      return apic.id === message.source;
    default:
      return apic.matches(message.destination, message.destinationMode);
  }
}
