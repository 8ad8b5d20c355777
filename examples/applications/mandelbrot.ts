/** The Mandelbrot set, once a point at a time and once four points at a time in vector registers; both have to be the same. */
import { line, log, microseconds, now, quit } from '@drift-os/kernel-w/sdk';

const COLUMNS = 40;
const ROWS = 16;
const ITERATIONS: i32 = 200;
const ROUNDS = 5;
/** Outside, from quickly to slowly away; the last is the set itself. */
const SHADES = ' .:-=+*#%@';

const counts = memory.data(COLUMNS * ROWS * 4, 16);

/** Point of the plane in the middle of a character. */
function real(column: i32): f32 {
  return -2.2 + (<f32>column * 3.2) / <f32>COLUMNS;
}

function imaginary(y: i32): f32 {
  return -1.2 + (<f32>y * 2.4) / <f32>ROWS;
}

/** How many steps z = z * z + c takes to leave the circle of radius 2. */
function steps(a: f32, b: f32): i32 {
  let x: f32 = 0;
  let y: f32 = 0;
  let n = 0;
  while (n < ITERATIONS && x * x + y * y <= 4) {
    const next = x * x - y * y + a;
    y = 2 * x * y + b;
    x = next;
    n++;
  }
  return n;
}

/** The same for four points. A lane that has left the circle counts no more, and the loop ends when all have. */
function steps4(a: v128, b: v128): v128 {
  let x = f32x4.splat(0);
  let y = f32x4.splat(0);
  let n = i32x4.splat(0);
  let inside = i32x4.splat(-1);
  for (let i = 0; i < ITERATIONS; i++) {
    const xx = f32x4.mul(x, x);
    const yy = f32x4.mul(y, y);
    inside = v128.and(inside, f32x4.le(f32x4.add(xx, yy), f32x4.splat(4)));
    if (!v128.any_true(inside)) break;
    n = i32x4.sub(n, inside);
    y = f32x4.add(f32x4.mul(f32x4.mul(f32x4.splat(2), x), y), b);
    x = f32x4.add(f32x4.sub(xx, yy), a);
  }
  return n;
}

function drawScalar(): i32 {
  let sum = 0;
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) sum = sum * 31 + steps(real(x), imaginary(y));
  }
  return sum;
}

function drawVector(): i32 {
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x += 4) {
      let a = f32x4.splat(real(x));
      a = f32x4.replace_lane(a, 1, real(x + 1));
      a = f32x4.replace_lane(a, 2, real(x + 2));
      a = f32x4.replace_lane(a, 3, real(x + 3));
      v128.store(counts + (y * COLUMNS + x) * 4, steps4(a, f32x4.splat(imaginary(y))));
    }
  }
  let sum = 0;
  for (let i = 0; i < COLUMNS * ROWS; i++) sum = sum * 31 + load<i32>(counts + i * 4);
  return sum;
}

function show(): void {
  for (let y = 0; y < ROWS; y++) {
    const text = line();
    for (let x = 0; x < COLUMNS; x++) {
      const n = load<i32>(counts + (y * COLUMNS + x) * 4);
      const outside = min(n / 2, SHADES.length - 2);
      text.character(SHADES.charCodeAt(n == ITERATIONS ? SHADES.length - 1 : outside));
    }
    text.log();
  }
}

export function init(): void {
  let scalar = 0;
  let vector = 0;
  let slow = u64.MAX_VALUE;
  let fast = u64.MAX_VALUE;
  // The best of a few: the first time, nothing is in the caches.
  for (let round = 0; round < ROUNDS; round++) {
    const start = now();
    scalar = drawScalar();
    const middle = now();
    vector = drawVector();
    slow = min(slow, middle - start);
    fast = min(fast, now() - middle);
  }
  show();
  line()
    .text('one at a time: ')
    .number(microseconds(slow))
    .text(' us, four at a time with v128: ')
    .number(microseconds(fast))
    .text(' us')
    .log();
  log(scalar == vector ? 'both are the same' : 'they differ: this is a mistake');
  quit(scalar == vector ? 0 : 1);
}
