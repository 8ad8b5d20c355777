/* A scanner of numbers in text, one character after the other. Switches, byte loads, counters in memory. */
#include "kernel.h"

enum state { START, INTEGER, SIGN, FRACTION, POINT, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };

static char text[2048];
static uint32_t finals[STATES], transitions[STATES];

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum state scan(const char **from) {
  const char *at = *from;
  enum state state = START;
  for (; *at && state != INVALID; at++) {
    char c = *at;
    if (c == ',') {
      at++;
      break;
    }
    switch (state) {
      case START:
        if (is_digit(c)) state = INTEGER;
        else if (c == '+' || c == '-') state = SIGN;
        else if (c == '.') state = POINT;
        else state = INVALID;
        transitions[START]++;
        break;
      case SIGN:
        state = is_digit(c) ? INTEGER : c == '.' ? POINT : INVALID;
        transitions[SIGN]++;
        break;
      case INTEGER:
        if (c == '.') {
          state = FRACTION;
          transitions[INTEGER]++;
        } else if (c == 'e' || c == 'E') {
          state = EXPONENT;
          transitions[INTEGER]++;
        } else if (!is_digit(c)) {
          state = INVALID;
          transitions[INTEGER]++;
        }
        break;
      case POINT:
      case FRACTION:
        if (is_digit(c)) state = FRACTION;
        else if (c == 'e' || c == 'E') state = EXPONENT;
        else state = INVALID;
        transitions[state]++;
        break;
      case EXPONENT:
        state = is_digit(c) ? SCIENTIFIC : c == '+' || c == '-' ? EXPONENT_SIGN : INVALID;
        transitions[EXPONENT]++;
        break;
      case EXPONENT_SIGN:
        state = is_digit(c) ? SCIENTIFIC : INVALID;
        transitions[EXPONENT_SIGN]++;
        break;
      case SCIENTIFIC:
        if (!is_digit(c)) {
          state = INVALID;
          transitions[SCIENTIFIC]++;
        }
        break;
      default:
        break;
    }
  }
  *from = at;
  return state;
}

static void fill(uint32_t seed) {
  static const char samples[16][8] = {"5012", "1234", "-874", "+122", "35.54", ".1234", "-110.7", "+0.64",
                                      "5.5e+3", "-.123e2", "-87e+8", "+0.6e-1", "T0.3e-1", "-T.T+12", "1T3.4e4", "34.0e-T"};
  uint32_t at = 0;
  while (at + 9 < sizeof text) {
    const char *sample = samples[next(&seed) >> 28];
    for (uint32_t i = 0; i < 8 && sample[i]; i++) text[at++] = sample[i];
    text[at++] = ',';
  }
  text[at] = 0;
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < STATES; i++) finals[i] = transitions[i] = 0;
  fill(11);
  for (uint32_t round = 0; round < rounds; round++) {
    const char *at = text;
    while (*at) finals[scan(&at)]++;
    for (uint32_t i = 0; i < STATES; i++) sum = mix(sum, finals[i] + transitions[i]);
    text[(round * 37) & 1023] ^= (sum & 1) && text[(round * 37) & 1023] != ',' ? 1 : 0;
  }
  return sum;
}
