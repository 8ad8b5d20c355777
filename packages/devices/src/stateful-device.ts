/** A device whose whole state is one plain value. */
import type { Device } from './device.ts';

export abstract class StatefulDevice<State extends object> implements Device<State> {
  protected state: State;

  protected constructor(initial: State) {
    this.state = initial;
  }

  abstract reset(): void;

  save(): State {
    return structuredClone(this.state);
  }

  restore(state: State): void {
    this.state = structuredClone(state);
    this.restored();
  }

  /** Sets lines and schedules calls after `state` was replaced. */
  protected restored(): void {}
}
