/** The machine's screen on a canvas, and its keyboard while the canvas has the focus. */
import { type Machine, MachineError } from '@drift-os/machine';

export function showScreen(machine: Machine, canvas: HTMLCanvasElement): void {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser gives no canvas to draw on.');
  const draw = (): void => {
    const picture = machine.screenChanged ? machine.screenshot() : undefined;
    if (picture !== undefined) {
      const { width, height, pixels } = picture;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.putImageData(new ImageData(pixels, width, height), 0, 0);
    }
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  const key = (pressed: boolean) => (event: KeyboardEvent) => {
    event.preventDefault();
    if (event.repeat) return;
    try {
      machine.keyboard.key(event.code, pressed);
    } catch (error) {
      // A key of this keyboard that a PC of that time does not have.
      if (!(error instanceof MachineError)) throw error;
    }
  };
  canvas.addEventListener('keydown', key(true));
  canvas.addEventListener('keyup', key(false));
}
